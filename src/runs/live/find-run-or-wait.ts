/** `Prefer: wait=N` for a run that is read, for its result, and for a run that was triggered. */
import type { Context } from "hono";
import type { AppEnv } from "../../http/env.ts";
import { preferredWait } from "../../http/live/prefer.ts";
import { listsTag } from "../../http/middleware/conditional.ts";
import { type FoundResult, findResult } from "../details/find-result.ts";
import { type FoundRun, findRun } from "../find-run.ts";
import type { RunRow } from "../run-rows.ts";
import { type Standing, waitForRun } from "./wait-for-run.ts";

type Ended = { status: RunRow["status"] | undefined; will_be_retried?: boolean | undefined };

/** True for a run that has ended for good: one that is about to be retried by itself goes on. */
const hasEnded = ({ status, will_be_retried: isRetried = false }: Ended) =>
  !isRetried && (status === "COMPLETED" || status === "FAILED");
const runHasEnded = (found: FoundRun) => hasEnded({ ...found, status: found.run?.status });

/**
 * The run as it stands now, or as soon as there is news of it, if the request would rather wait: news is its end, and with
 * `If-None-Match` any change.
 * @throws Problem `unauthenticated`
 */
export async function findRunOrWait(c: Context<AppEnv>, runId: string): Promise<FoundRun> {
  const read = () => findRun(c.env.db, c.var.credential, runId);
  const readAt = Date.now();
  const found = await read();
  const ifNoneMatch = c.req.header("If-None-Match");
  const isNews = (found: FoundRun) =>
    found.run === null ||
    runHasEnded(found) ||
    (ifNoneMatch !== undefined && !listsTag(ifNoneMatch, `"${found.etag}"`));
  if (found.run === null) return found;
  return (await wait(c, { found, readAt, read, isNews, runId, onAnyChange: ifNoneMatch !== undefined })) ?? found;
}

/**
 * A run's result, or as it stands as soon as the run has ended or the time is up, if the request would rather wait.
 * @throws Problem `unauthenticated`, or `not_found`, also when the run is deleted meanwhile
 */
export async function findResultOrWait(c: Context<AppEnv>, runId: string): Promise<FoundResult> {
  const read = () => findResult(c.env.db, c.var.credential, runId);
  const readAt = Date.now();
  const found = await read();
  const waiting: Waiting<FoundResult> = { found, readAt, read, isNews: hasEnded, runId, onAnyChange: false };
  return (await wait(c, waiting)) ?? found;
}

/**
 * A run that was just triggered, or as it stands as soon as it has ended or the time is up, if the request would rather wait.
 * @throws Problem `unauthenticated`
 */
export async function endOrTimeUp(c: Context<AppEnv>, triggered: { tenantId: string; run: RunRow }): Promise<RunRow> {
  const { run, tenantId } = triggered;
  const read = () => findRun(c.env.db, c.var.credential, run.id);
  const isNews = (found: FoundRun) => found.run === null || runHasEnded(found);
  const found = { run, tenant_id: tenantId };
  const waited = await wait(c, { found, readAt: Date.now(), read, isNews, runId: run.id, onAnyChange: false });
  return waited?.run ?? run;
}

type Waiting<Found> = {
  found: Found;
  readAt: number;
  runId: string;
  read(): Promise<Found>;
  isNews(found: Found): boolean;
  onAnyChange: boolean;
};

/** Null when the request does not want to wait, or can't. */
async function wait<Found extends Standing & { tenant_id?: string | undefined }>(
  c: Context<AppEnv>,
  { found, readAt, ...waiting }: Waiting<Found>,
): Promise<Found | null> {
  const seconds = preferredWait(c.req.header("Prefer"));
  const { tenant_id: tenantId } = found;
  if (seconds === 0 || !c.env.live.hasHubs || tenantId === undefined) return null;
  const { signal } = c.req.raw;
  const isDone = waiting.isNews(found);
  const waited = isDone
    ? found
    : await waitForRun(c.env.live, found, readAt, { ...waiting, tenantId, seconds, signal });
  if (waited !== null) c.header("Preference-Applied", `wait=${seconds}`);
  return waited;
}
