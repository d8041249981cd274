/**
 * Fires the triggers that are due. The cron, the alarms of hubs, and `after`, when a verb has made a trigger due, call it. What it does:
 *
 * 1. It reads the due triggers: `list_due_triggers`.
 * 2. It decides what becomes of their instants: `decide`. Only the Worker can do this, since the database does not know the rules of cron
 *    expressions and time zones.
 * 3. It carries that out in one transaction, `fire_due`: locks the definitions and, for each trigger whose `version` is still the same, records
 *    what was missed, adds the runs, and sets the next instant. The user of a trigger is judged as for an invoke. What did not fire is a
 *    firing with its reason, and an event.
 *
 * `fire_due` also handles the due firings of triggers that wait for the end of another run: see `note_ends.sql`.
 */
import { v7 as newId } from "uuid";
import { z } from "zod";
import { describeError, log } from "../base/log.ts";
import { BEGIN_UNTIL_MS } from "../base/time-limit.ts";
import { callFunction } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import type { Round } from "../db/round.ts";
import { type Candidate, inParts } from "../verbs/in-parts.ts";
import { perform } from "../verbs/perform.ts";
import type { VerbServices } from "../verbs/services.ts";
import { defineVerb } from "../verbs/verb.ts";
import { type Decision, type DueTrigger, decide, dueTriggerSchema, postpone } from "./schedule/decide.ts";

/**
 * How many triggers one transaction fires. A Worker that sends the dispatches itself gets at most 20 with an answer, and the sweep has to
 * send the others.
 */
const SENT_CHUNK = 20;
const LEFT_CHUNK = 100;

/** How often triggers whose definitions were locked are tried again, and after which pause: each is longer by it than the one before. */
const MOST_TRIES = 6;
const PAUSE_MS = 50;

const dueSchema = z.object({
  now: z.string(),
  items: z.array(dueTriggerSchema.extend({ tenant_id: z.string() })),
  /** Of triggers that fire after another run. */
  due_firings: z.array(z.object({ id: z.int(), trigger_id: z.string(), tenant_id: z.string() })),
  after: z.string().nullish(),
});

const listDue = (db: Database, tenantId: string | null, limit: number, { after }: Round) =>
  callFunction(db, "list_due_triggers", { tenant_id: tenantId, limit, after }, dueSchema, { isRepeatable: true });

/**
 * Carries out decisions about due triggers, and handles due firings. `handled` is how many of them: others have changed their trigger
 * meanwhile.
 */
const fireDueTriggers = defineVerb({
  name: "fire_due",
  args: (due: { decisions: readonly Decision[]; firingIds: readonly number[] }) => ({
    decisions: { json: due.decisions },
    due: { json: due.firingIds.map((id) => ({ due_firing_id: id, firing_id: newId(), run_id: newId() })) },
  }),
  result: z.object({ handled: z.int() }),
});

/** Deletes up to `limit` firings that are older than `days`. */
export const deleteOldFirings = defineVerb({
  name: "delete_old_firings",
  args: (chunk: { days: number; limit: number }) => chunk,
  result: z.object({ deleted: z.int() }),
});

/**
 * Fires the due triggers of a tenant, or of all tenants, while `hasTime`. Returns how many it has handled. Two of these calls at the
 * same time fire each instant once. It goes from tenant to tenant: `round` is how far it is.
 */
export async function fireDue(
  services: VerbServices,
  tenantId: string | null,
  hasTime: () => boolean,
  round: Round = { after: null },
): Promise<number> {
  const limit = services.sends ? SENT_CHUNK : LEFT_CHUNK;
  let handled = 0;
  let tries = 0;
  while (hasTime() && tries < MOST_TRIES) {
    const { now, items, due_firings: firings, after = null } = await listDue(services.db, tenantId, limit, round);
    round.after = after;
    const due: Due[] = [
      ...items.map((item) => ({
        id: item.trigger_id,
        tenant_id: item.tenant_id,
        decision: decideOrPostpone(item, now),
      })),
      ...firings.map(({ id, trigger_id, tenant_id }) => ({ id: trigger_id, tenant_id, firingId: id })),
    ];
    if (due.length === 0) break;
    const fired = await inParts(services, "firings", due, (part) => fire(services, part), hasTime);
    const count = fired.reduce((sum, more) => sum + more, 0);
    handled += count;
    // Another sweep fires them, or an invoke held the locks of their definitions for a moment.
    if (count === 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * ++tries));
  }
  return handled;
}

/** A trigger of which something is due: by its schedule, or after another run. */
type Due = Candidate & { decision?: Decision; firingId?: number };

async function fire(services: VerbServices, due: readonly Due[]): Promise<number> {
  const decisions = due.flatMap(({ decision }) => decision ?? []);
  const firingIds = due.flatMap(({ firingId }) => firingId ?? []);
  return (await perform(services, fireDueTriggers, { decisions, firingIds })).result.handled;
}

function decideOrPostpone(due: DueTrigger, now: string): Decision {
  try {
    return decide(due, now);
  } catch (error) {
    log("error", "schedule", { trigger_id: due.trigger_id, ...describeError(error) });
    return postpone(due, now);
  }
}

/** Fires the due triggers of these tenants after a change that made one due. Never rejects: otherwise the next sweep fires them. */
export async function fireDueOf(services: VerbServices, tenantIds: readonly string[]): Promise<void> {
  const began = Date.now();
  for (const tenantId of tenantIds) {
    try {
      await fireDue({ ...services, proof: {} }, tenantId, () => Date.now() - began < BEGIN_UNTIL_MS);
    } catch (error) {
      log("error", "fire", { tenant_id: tenantId, ...describeError(error) });
    }
  }
}
