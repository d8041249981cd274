/** The messages of a runner that holds a run: a heartbeat, or that it gives the run back. */
import { z } from "zod";
import { callFunction } from "../../db/call.ts";
import { changeOfProgress, dueAgain } from "../../db/changes.ts";
import type { Database } from "../../db/client.ts";
import { dispatchesSchema, type Promotion, promotionArguments } from "../../runners/dispatch.ts";
import { attemptProblem, attemptRefusalSchema } from "../refusals.ts";

/** The attempt that the run token has proved. */
export type HeldAttempt = Promotion & { runId: string; tenantId: string; attempt: number };

/** The progress of a run. Fields that are left out are unknown. */
export type Progress = { percent?: number | undefined; message?: string | undefined };

const heartbeatSchema = z.object({
  deadline_at: z.string(),
  lease_expires_at: z.string(),
  /** Not null when somebody has asked the run to stop. It ends at `ends_at` at the latest. */
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
 * Extends the lease of an attempt, and records its progress if given. For a runner with a URL, the first heartbeat begins a
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
  if (held.progress !== null) held.onChanged([changeOfProgress(held.tenantId, held.runId)]);
  const { due_in_ms: dueInMs, deadline_at, lease_expires_at, stop } = answer;
  // A heartbeat has no event, so the hub is told here: from now on the run may end before its deadline.
  if (dueInMs !== null) held.onChanged([dueAgain(held.tenantId, dueInMs)]);
  return { deadline_at, lease_expires_at, stop };
}

const releaseAnswerSchema = dispatchesSchema.and(z.union([attemptRefusalSchema, z.object({ attempt: z.int() })]));

/**
 * Gives a run back: it becomes PENDING again, at its old place in the queue. Returns the number of its new attempt.
 * @throws Problem `not_found`, or `conflict` for an ended run or an older attempt
 */
export async function releaseRun(db: Database, held: HeldAttempt): Promise<number> {
  const options = { onChanged: held.onChanged };
  const answer = await callFunction(db, "release_run", attemptArguments(held), releaseAnswerSchema, options);
  held.onPromoted(answer.dispatches);
  if ("refused" in answer) throw attemptProblem(answer, held.attempt);
  return answer.attempt;
}
