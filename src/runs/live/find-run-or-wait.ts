/** Handles `Prefer: wait=N`: when a run is read, and when one is triggered. */
import type { Context } from "hono";
import { countedAs } from "../../db/access.ts";
import type { AppEnv } from "../../http/env.ts";
import { MOST_TENANT_WAITS, MOST_WAITS, type Topic, tooManyInTenant } from "../../http/live/live.ts";
import { preferredWait } from "../../http/live/prefer.ts";
import { listsTag } from "../../http/middleware/conditional.ts";
import { Problem } from "../../http/problems.ts";
import { type FoundRun, findRun } from "../find-run.ts";
import type { RunRow } from "../run-rows.ts";
import { type Standing, waitForRun } from "./wait-for-run.ts";

type Ended = { status: RunRow["status"] | undefined; will_be_retried?: boolean | undefined };

/** True for a run that has ended for good. A run that will be retried automatically has not. */
export const hasEnded = ({ status, will_be_retried: isRetried = false }: Ended) =>
  !isRetried && (status === "COMPLETED" || status === "FAILED");
/** True for a run that has ended, and for one that is suspended: a person may take days to answer, so a reader does not wait for that. */
const isAtRest = (found: FoundRun) => found.is_suspended === true || hasEnded({ ...found, status: found.run?.status });

/**
 * The run as it is now. If the request asks to wait: the run as soon as it has ended or was suspended or, with `If-None-Match`, as soon as it
 * has changed in any way, or when the time is up.
 * @throws Problem `unauthenticated`, or `too_many_requests` when too many requests of the caller or of the tenant wait already
 */
export async function findRunOrWait(c: Context<AppEnv>, runId: string): Promise<FoundRun> {
  const read = () => findRun(c.env.db, c.var.credential, runId);
  const readAt = Date.now();
  const found = await read();
  const ifNoneMatch = c.req.header("If-None-Match");
  const isNews = (found: FoundRun) =>
    found.run === null || isAtRest(found) || (ifNoneMatch !== undefined && !listsTag(ifNoneMatch, `"${found.etag}"`));
  if (found.run === null) return found;
  return (
    (await waitIfAsked(c, { found, readAt, read, isNews, topic: { runId }, onAnyChange: ifNoneMatch !== undefined })) ??
    found
  );
}

/**
 * A run that was just triggered. If the request asks to wait: as soon as the run has ended or was suspended, or when the time is up. It is not
 * refused when too many requests of the caller wait already: it has triggered the run, so it is answered without a wait.
 * @throws Problem `unauthenticated`
 */
export async function endOrTimeUp(
  c: Context<AppEnv>,
  triggered: { tenantId: string | null; run: RunRow },
): Promise<RunRow> {
  const { run, tenantId } = triggered;
  const read = () => findRun(c.env.db, c.var.credential, run.id);
  const isNews = (found: FoundRun) => found.run === null || isAtRest(found);
  const found = { run, tenant_id: tenantId ?? undefined };
  const waited = await waitIfAsked(c, {
    found,
    readAt: Date.now(),
    read,
    isNews,
    topic: { runId: run.id },
    onAnyChange: false,
    hasChanged: true,
  });
  return waited?.run ?? run;
}

const TOO_MANY = `${MOST_WAITS} requests of yours wait for runs, and more are not allowed. Wait for one to be answered.`;

export type Waiting<Found> = {
  found: Found;
  readAt: number;
  topic: Pick<Topic, "runId" | "definitionId">;
  read(): Promise<Found>;
  isNews(found: Found): boolean;
  onAnyChange: boolean;
  /** True when the request has made a change, so that it must not be refused any more. */
  hasChanged?: boolean;
};

/**
 * Waits until there is news. Null when the request does not ask to wait, or when waiting is impossible.
 * @throws Problem `too_many_requests` when too many requests of the caller or of the tenant wait already
 */
export async function waitIfAsked<Found extends Standing & { tenant_id?: string | undefined }>(
  c: Context<AppEnv>,
  { found, readAt, hasChanged = false, ...waiting }: Waiting<Found>,
): Promise<Found | null> {
  const seconds = preferredWait(c.req.header("Prefer"));
  const { tenant_id: tenantId } = found;
  if (seconds === 0 || !c.env.live.hasHubs || tenantId === undefined) return null;
  const { signal } = c.req.raw;
  const caller = countedAs(c.var.credential);
  const isDone = waiting.isNews(found);
  const waited = isDone
    ? found
    : await waitForRun(c.env.live, found, readAt, { ...waiting, tenantId, caller, seconds, signal });
  if (waited === "too_many" && !hasChanged) throw new Problem("too_many_requests", TOO_MANY);
  if (waited === "too_many_in_tenant" && !hasChanged) {
    throw new Problem("too_many_requests", tooManyInTenant("requests that wait for runs", MOST_TENANT_WAITS));
  }
  if (typeof waited === "string") return null;
  c.header("Preference-Applied", `wait=${seconds}`);
  return waited;
}
