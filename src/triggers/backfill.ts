/** For which instants of the past a trigger fires by a backfill. */
import { v7 as newId } from "uuid";
import type { Credential } from "../db/access.ts";
import type { Database } from "../db/client.ts";
import { Problem, ValidationFailed } from "../http/problems.ts";
import { MAX_OCCURRENCES } from "./firing-schema.ts";
import { toInstant } from "./schedule/plan.ts";
import { occurrencesAfter, type Schedule } from "./schedule/schedule.ts";
import { findBackfill } from "./triggers.ts";

/** Up to `limit` instants of a schedule, from `from` on and before `to`. */
export function occurrencesIn(
  schedule: Schedule,
  from: string,
  to: string | undefined,
  limit: number,
): { at: string }[] {
  const until = to === undefined ? Number.POSITIVE_INFINITY : Date.parse(to);
  const items: { at: string }[] = [];
  for (const { at } of occurrencesAfter(schedule, "", Date.parse(from) - 1)) {
    if (at >= until || items.length === limit) break;
    items.push({ at: toInstant(at) });
  }
  return items;
}

/**
 * The instants of a range for which a trigger has not fired yet, and the request of `backfillTrigger` for them.
 * @throws Unauthenticated
 * @throws ValidationFailed for a range that ends in the future
 * @throws Problem `not_found`, `forbidden`, or `conflict` for a trigger without a schedule and for a range with too many instants
 */
export async function planBackfill(
  db: Database,
  credential: Credential,
  { id, from, to }: { id: string; from: string; to: string },
) {
  const { schedule, version, now, fired } = await findBackfill(db, credential, { id, from, until: to });
  if (Date.parse(to) > Date.parse(now)) {
    throw new ValidationFailed([
      { loc: ["body", "to"], type: "value_error", msg: "Must not be in the future.", input: to },
    ]);
  }
  const known = new Set(fired);
  const all = occurrencesIn(schedule, from, to, MAX_OCCURRENCES + 1);
  if (all.length > MAX_OCCURRENCES) {
    throw new Problem("conflict", `The range has more than ${MAX_OCCURRENCES} instants. Send a shorter one.`);
  }
  const items = all.filter(({ at }) => !known.has(at));
  const request = { id, version, firings: items.map(({ at }) => ({ at, firing_id: newId(), run_id: newId() })) };
  return { items, schedule, request };
}
