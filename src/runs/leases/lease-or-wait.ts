import type { Context } from "hono";
import type { AppEnv } from "../../http/env.ts";
import { Problem } from "../../http/problems.ts";
import { promotion } from "../../runners/dispatch-afterwards.ts";
import { type Lease, leaseRuns } from "./lease-runs.ts";

export type LeaseQuestion = {
  requestId: string;
  max: number;
  waitSeconds: number;
  /** What the last answer said, or null. */
  after: string | null;
};

/**
 * Leases runs to the session of the request.
 * @throws Unauthenticated when the session is not valid any more
 * @throws Problem `streams_unavailable` for a request that wants to wait where nobody can
 */
export async function leaseOrWait(
  c: Context<AppEnv>,
  { requestId, max, waitSeconds }: LeaseQuestion,
): Promise<{ leases: Lease[]; after: string | null }> {
  if (waitSeconds > 0) throw new Problem("streams_unavailable");
  const { sessionId, tenantId } = c.var.runner;
  const { leases } = await leaseRuns(c.env.db, { sessionId, tenantId, requestId, max, ...promotion(c) });
  return { leases, after: null };
}
