/** The changes of an existing run by a caller: stop, retry, delete. */
import { z } from "zod";
import type { Credential } from "../db/access.ts";
import { callFunction, credentialArgument, doneSchema } from "../db/call.ts";
import { changeByDeletion } from "../db/changes.ts";
import type { Database } from "../db/client.ts";
import {
  dispatchesSchema,
  type Promotion,
  promotionArguments,
  type StopDispatch,
  stopDispatchSchema,
} from "../runners/dispatch.ts";
import type { StoppedRun } from "../runners/send-dispatches.ts";
import { changeProblem, changeRefusalSchema } from "./refusals.ts";
import { type RunRow, runRowSchema } from "./run-rows.ts";

/** The run that a caller wants to change. */
export type RunChange = Promotion & { credential: Credential; runId: string };

const changeArguments = (request: RunChange) => ({
  credential: credentialArgument(request.credential),
  run_id: request.runId,
  ...promotionArguments(request),
});

/** The data with which the runner of a stopped run is notified: `stop_run` in SQL. */
export const stoppedRunSchema = z.object({
  run_id: z.string(),
  attempt: z.int(),
  workflow_definition_id: z.string(),
  runner_url: z.string(),
  webhook_secret_encrypted: z.string(),
  stopped_at: z.string(),
});

const stopAnswerSchema = dispatchesSchema.and(
  z.union([
    z.object({
      run: runRowSchema,
      stopped: stoppedRunSchema.nullable(),
      stopping: stopDispatchSchema.nullable(),
    }),
    changeRefusalSchema,
  ]),
);

/**
 * The result of a stop, and the message that the runner must be sent: `stopped` when the run has ended, `stopping` when the
 * runner has time to end its work, or none.
 */
export type Stop = { run: RunRow; stopped: StoppedRun | null; stopping: StopDispatch | null };

/**
 * Stops a PENDING or RUNNING run on behalf of the caller. It ends at once, or after up to `stopSeconds`, in which its runner
 * can end its work. When the runner could not learn of the stop, the run fails at once in any case.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden`, or `conflict` for a run that has ended
 */
export async function stopRun(
  db: Database,
  request: RunChange & { reason: string | null; stopSeconds: number },
): Promise<Stop> {
  const args = { ...changeArguments(request), reason: request.reason, stop_seconds: request.stopSeconds };
  const answer = await callFunction(db, "stop_run", args, stopAnswerSchema, {
    onChanged: request.onChanged,
  });
  request.onPromoted(answer.dispatches);
  if ("refused" in answer) throw changeProblem(answer, "stop");
  return answer;
}

const retryAnswerSchema = dispatchesSchema.and(z.union([z.object({ run: runRowSchema }), changeRefusalSchema]));

/**
 * Retries a FAILED run: it gets its next attempt with the same snapshot, at the end of the queue. The caller needs the same
 * permissions as for an invoke.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden`, or `conflict` for a run that is not FAILED, whose workflow
 *   is paused or has no runner, whose files are gone, or whose idempotency key is used by another unfinished run
 */
export async function retryRun(db: Database, request: RunChange): Promise<RunRow> {
  const args = changeArguments(request);
  const answer = await callFunction(db, "retry_run", args, retryAnswerSchema, { onChanged: request.onChanged });
  request.onPromoted(answer.dispatches);
  if ("refused" in answer) throw changeProblem(answer, "retry");
  return answer.run;
}

const deleteAnswerSchema = dispatchesSchema.and(z.union([changeRefusalSchema, doneSchema]));

/**
 * Deletes a run and its events.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden`, or `conflict` for a RUNNING run
 */
export async function deleteRun(db: Database, request: RunChange): Promise<void> {
  const args = changeArguments(request);
  const answer = await callFunction(db, "delete_run", args, deleteAnswerSchema, { onChanged: request.onChanged });
  request.onPromoted(answer.dispatches);
  if (answer.refused !== undefined) throw changeProblem(answer, "delete");
  request.onChanged([changeByDeletion(answer.tenant_id, { runId: request.runId })]);
}
