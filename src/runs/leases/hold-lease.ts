/** What a runner says while it holds a run: that it is alive, or that it gives the run back. */
import { z } from "zod";
import { callFunction } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { dispatchesSchema, type Promotion, promotionArguments } from "../../runners/dispatch.ts";
import { attemptProblem, attemptRefusalSchema } from "../refusals.ts";

/** The attempt that a run token has proved. */
export type HeldAttempt = Promotion & { runId: string; tenantId: string; attempt: number };

/** How far a run is. What is left out is not known. */
export type Progress = { percent?: number | undefined; message?: string | undefined };

const heartbeatSchema = z.object({
  deadline_at: z.string(),
  lease_expires_at: z.string(),
  /** Not null when somebody has asked for the run to stop: it ends at `ends_at` at the latest. */
  stop: z.object({ reason: z.string().nullable(), ends_at: z.string() }).nullable(),
});

/** Instants are RFC 3339. */
export type Heartbeat = z.infer<typeof heartbeatSchema>;

const heartbeatAnswerSchema = dispatchesSchema.and(
  z.union([attemptRefusalSchema, heartbeatSchema.extend({ due_in_ms: z.number().nullable() })]),
);

const attemptArguments = (held: HeldAttempt) => ({
  run_id: held.runId,
  tenant_id: held.tenantId,
  attempt: held.attempt,
  ...promotionArguments(held),
});

/**
 * Moves the lease of an attempt, and notes its progress if that is given. The first heartbeat of a runner with a URL begins a
 * lease.
 * @throws Problem `not_found`, or `conflict` for an ended run or an older attempt
 */
export async function recordHeartbeat(
  db: Database,
  held: HeldAttempt & { progress: Progress | null },
): Promise<Heartbeat> {
  const args = { ...attemptArguments(held), progress: held.progress && { json: held.progress } };
  const options = { isRepeatable: true, onChanged: held.onChanged };
  const answer = await callFunction(db, "record_heartbeat", args, heartbeatAnswerSchema, options);
  held.onPromoted(answer.dispatches);
  if ("refused" in answer) throw attemptProblem(answer, held.attempt);
  const { due_in_ms: dueInMs, deadline_at, lease_expires_at, stop } = answer;
  // No event tells of it: from now on the run may be over before its deadline.
  if (dueInMs !== null) held.onChanged([{ tenant_id: held.tenantId, due_in_ms: dueInMs, runs: [], work: [] }]);
  return { deadline_at, lease_expires_at, stop };
}

const releaseAnswerSchema = dispatchesSchema.and(z.union([attemptRefusalSchema, z.object({ attempt: z.int() })]));

/**
 * Gives a run back: it is PENDING again, at its old place of the queue. Returns the attempt that it has now.
 * @throws Problem `not_found`, or `conflict` for an ended run or an older attempt
 */
export async function releaseRun(db: Database, held: HeldAttempt): Promise<number> {
  const options = { onChanged: held.onChanged };
  const answer = await callFunction(db, "release_run", attemptArguments(held), releaseAnswerSchema, options);
  held.onPromoted(answer.dispatches);
  if ("refused" in answer) throw attemptProblem(answer, held.attempt);
  return answer.attempt;
}
