/** The verbs on suspended runs. */
import { z } from "zod";
import { waitOutcomesSchema } from "../../db/resume.ts";
import { defineVerb } from "../../verbs/verb.ts";
import {
  answerProblem,
  answerRefusalSchema,
  signalProblem,
  signalRefusalSchema,
  suspendProblem,
  suspendRefusalSchema,
} from "./refusals.ts";
import type { SuspendRequest } from "./suspension-schema.ts";
import { waitSchema } from "./wait-rows.ts";

/**
 * Suspends the run of a run token until what it waits for has come. When all has come already, the result has the outcomes, and the
 * attempt goes on. The same request again gets the same answer.
 * Refused with Problem `not_found`, or `conflict` for an ended run, an older attempt, a key of another kind, or too many waits.
 */
export const suspendRun = defineVerb({
  name: "suspend_run",
  args: (suspension: SuspendRequest) => ({ suspension: { json: suspension } }),
  result: z.object({ suspended: z.boolean(), outcomes: waitOutcomesSchema.nullable() }),
  refusals: suspendRefusalSchema,
  refuse: (refusal, _suspension, { run }) => suspendProblem(refusal, run?.attempt),
  isRepeatable: true,
});

/**
 * Answers a question of a suspended run. The first answer wins, and the same one again gets the same result.
 * Refused with Problem `not_found` or `forbidden`; with Problem `conflict` when another answer was first, or when the run does not wait any
 * more; and with ValidationFailed when the answer is none of the choices.
 */
export const answerWait = defineVerb({
  name: "answer_wait",
  args: (answer: { runId: string; key: string; value: string; comment: string | null }) => ({
    run_id: answer.runId,
    key: answer.key,
    value: answer.value,
    comment: answer.comment,
  }),
  result: z.object({ wait: waitSchema }),
  refusals: answerRefusalSchema,
  refuse: (refusal) => answerProblem(refusal),
  isRepeatable: true,
});

/**
 * Sends a signal to the runs of a workflow: the oldest that waits for it gets it, or else the next one that asks. The same signal again gets
 * the same result.
 * Refused with Problem `not_found` or `forbidden`, `conflict` when another signal had its id, and `too_many_requests` when too many are kept.
 */
export const signalWorkflow = defineVerb({
  name: "signal_workflow",
  args: (sent: { definitionId: string; id: string; name: string; correlation: string; payload: unknown }) => ({
    definition_id: sent.definitionId,
    signal: { json: { id: sent.id, name: sent.name, correlation: sent.correlation } },
    payload: sent.payload === null ? null : { json: sent.payload },
  }),
  result: z.object({ id: z.string(), run_id: z.string().nullable(), kept_until: z.string().nullable() }),
  refusals: signalRefusalSchema,
  refuse: (refusal) => signalProblem(refusal),
  isRepeatable: true,
});
