import { z } from "zod";
import { callFunction } from "../db/call.ts";
import type { Database } from "../db/client.ts";
import { dispatchesSchema, type Promotion, promotionArguments } from "../runners/dispatch.ts";
import type { Artifact } from "./details/result-schema.ts";
import { resultProblem, resultRefusalSchema } from "./refusals.ts";

const OUTCOMES = ["COMPLETED", "FAILED"] as const;
type RunOutcome = (typeof OUTCOMES)[number];

/** The result of one attempt of a run, as its runner reports it. The run token has proved which attempt that is. */
export type RunResult = {
  runId: string;
  tenantId: string;
  attempt: number;
  status: RunOutcome;
  /** Stored for a FAILED run only. */
  error: string | null;
  /** Any JSON; null for none. */
  output: unknown;
  summary: string | null;
  artifacts: readonly Artifact[] | null;
};

const answerSchema = dispatchesSchema.and(z.union([resultRefusalSchema, z.object({ status: z.enum(OUTCOMES) })]));

/**
 * Ends a RUNNING run with the result that its runner reports. The same result again gets the same answer. Another result, or
 * one after the deadline, changes nothing and is recorded as an event.
 * @throws Problem `not_found`, or `conflict` for a late result or one of an older attempt
 */
export async function recordResult(db: Database, result: RunResult & Promotion): Promise<RunOutcome> {
  const answer = await callFunction(
    db,
    "record_result",
    {
      run_id: result.runId,
      tenant_id: result.tenantId,
      attempt: result.attempt,
      status: result.status,
      error: result.error,
      output: result.output === null ? null : { json: result.output },
      summary: result.summary,
      artifacts: result.artifacts && { json: result.artifacts },
      ...promotionArguments(result),
    },
    answerSchema,
    { isRepeatable: true, onChanged: result.onChanged },
  );
  result.onPromoted(answer.dispatches);
  if ("refused" in answer) throw resultProblem(answer, result.attempt);
  return answer.status;
}
