import { z } from "zod";
import type { Credential } from "../db/access.ts";
import { callFunction, credentialArgument } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import type { JsonObject } from "../http/json-value.ts";
import { dispatchesSchema, type Promotion, promotionArguments } from "../runners/dispatch.ts";
import { NO_DEFINITION } from "../workflows/workflow-definitions.ts";
import { triggerProblem, triggerRefusalSchema } from "./refusals.ts";
import { type RunRow, runRowSchema } from "./run-rows.ts";

export type NewRun = {
  id: string;
  definitionId: string;
  idempotencyKey: string | null;
  input: JsonObject | null;
  /** The trace of the request: see `readTraceparent`. */
  traceparent: string | null;
};

/** The run, and whether an earlier call with the same idempotency key triggered it. */
export type TriggeredRun = { tenantId: string; run: RunRow; isReplay: boolean };

const answerSchema = dispatchesSchema.and(
  z.union([z.object({ tenant_id: z.string(), run: runRowSchema, replayed: z.boolean() }), triggerRefusalSchema]),
);

/**
 * Triggers a run of a definition. It becomes RUNNING when the slot is free, otherwise PENDING at the end of the queue.
 * @throws Problem `unauthenticated`, `not_found`, `forbidden`, or `conflict` for a definition that is paused or has no runner
 * @throws ValidationFailed when the definition names parts that are gone, sources without a document, or paths that are too
 * long, and when the idempotency key was used with another input
 */
export async function triggerRun(db: Database, credential: Credential, run: NewRun & Promotion): Promise<TriggeredRun> {
  const answer = await callFunction(
    db,
    "trigger_run",
    {
      credential: credentialArgument(credential),
      definition_id: run.definitionId,
      run_id: run.id,
      idempotency_key: run.idempotencyKey,
      input: run.input && { json: run.input },
      traceparent: run.traceparent,
      ...promotionArguments(run),
    },
    answerSchema,
    { isRepeatable: true, onChanged: run.onChanged },
  );
  run.onPromoted(answer.dispatches);
  if ("refused" in answer) throw triggerProblem(answer, NO_DEFINITION);
  return { tenantId: answer.tenant_id, run: answer.run, isReplay: answer.replayed };
}

/**
 * Triggers a new run of the same workflow and with the same input as another run. The requirements are those of {@link
 * triggerRun}, and the caller must be allowed to see the other run.
 * @throws as {@link triggerRun} does
 */
export async function runAgain(
  db: Database,
  credential: Credential,
  request: { runId: string; newRunId: string } & Promotion,
): Promise<RunRow> {
  const args = {
    credential: credentialArgument(credential),
    run_id: request.runId,
    new_run_id: request.newRunId,
    ...promotionArguments(request),
  };
  const answer = await callFunction(db, "run_again", args, answerSchema, {
    isRepeatable: true,
    onChanged: request.onChanged,
  });
  request.onPromoted(answer.dispatches);
  if ("refused" in answer) throw triggerProblem(answer, NO_DEFINITION);
  return answer.run;
}
