import type { Context } from "hono";
import type { AppEnv } from "../../http/env.ts";
import { hasEnded, type Waiting, waitIfAsked } from "../live/find-run-or-wait.ts";
import { type FoundResult, findResult } from "./find-result.ts";

/**
 * The result of a run. If the request asks to wait: as soon as the run has ended, or when the time is up.
 * @throws Problem `unauthenticated`, `too_many_requests` when too many requests of the caller wait already, or `not_found`, which
 * also means that the run was deleted while the request waited
 */
export async function findResultOrWait(c: Context<AppEnv>, runId: string): Promise<FoundResult> {
  const read = () => findResult(c.env.db, c.var.credential, runId);
  const readAt = Date.now();
  const found = await read();
  const waiting: Waiting<FoundResult> = { found, readAt, read, isNews: hasEnded, topic: { runId }, onAnyChange: false };
  return (await waitIfAsked(c, waiting)) ?? found;
}
