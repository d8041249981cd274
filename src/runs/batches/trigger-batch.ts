import { v7 as newId } from "uuid";
import { z } from "zod";
import type { JsonObject } from "../../http/json-value.ts";
import { type Fault, Problem, ValidationFailed } from "../../http/problems.ts";
import { inputFaultAt } from "../../inputs/input-schema.ts";
import { defineVerb } from "../../verbs/verb.ts";
import { NO_DEFINITION } from "../../workflows/workflow-definitions.ts";
import { faultOfRun, triggerProblem, triggerRefusalSchema } from "../refusals.ts";

/** How many runs a batch may have. */
export const MAX_RUNS = 500;

/** What is given of a run: the fields of an invoke without its idempotency key. Null is the same as a field that is left out. */
export type GivenRun = Readonly<Record<string, unknown>> & { input?: JsonObject | null | undefined };

const refusalSchema = triggerRefusalSchema.extend({
  refused: z.enum([...triggerRefusalSchema.shape.refused.options, "other_runs"]),
  /** The places of the runs that are refused, from 0. */
  indexes: z.array(z.int()).default([]),
});

/**
 * Triggers runs of a definition together, all or none. They wait in its queue in their order, and start as slots become free.
 * Refused as an invoke is, with the places of the runs that are refused, and with ValidationFailed when the idempotency key has
 * triggered a batch of other runs.
 */
export const triggerBatch = defineVerb({
  name: "trigger_batch",
  args: (batch: {
    id: string;
    definitionId: string;
    idempotencyKey: string | null;
    runs: readonly GivenRun[];
    /** The trace of the request: see `readTraceparent`. */
    traceparent: string | null;
  }) => ({
    definition_id: batch.definitionId,
    batch_id: batch.id,
    idempotency_key: batch.idempotencyKey,
    // Each id is greater than the one before.
    run_ids: batch.runs.map(() => newId()),
    runs: { json: batch.runs.map(withoutNulls) },
    traceparent: batch.traceparent,
  }),
  inputs: ({ definitionId, runs }) => ({ of: definitionId, inputs: runs.map(({ input }) => input ?? null) }),
  result: z.object({ batch: z.object({ id: z.string(), run_ids: z.array(z.string()) }), replayed: z.boolean() }),
  refusals: refusalSchema,
  refuse: batchProblem,
  isRepeatable: true,
});

export const withoutNulls = (run: GivenRun): GivenRun =>
  Object.fromEntries(Object.entries(run).filter(([, value]) => value !== null && value !== undefined));

function batchProblem({ refused, indexes, ...refusal }: z.infer<typeof refusalSchema>): Problem | ValidationFailed {
  switch (refused) {
    case "other_runs": {
      const msg = "The idempotency key has triggered a batch of other runs. Send the same runs, or another key.";
      return new ValidationFailed([{ loc: ["body", "runs"], type: "value_error", msg }]);
    }
    case "input_invalid":
      return new ValidationFailed(
        refusal.input_faults.map((fault) => inputFaultAt(["body", "runs", fault.index ?? 0], fault)),
      );
    case "no_key":
    case "start_after":
    case "must_start_by":
      return new ValidationFailed(
        indexes.map((index): Fault => faultOfRun(refused, refusal.pointer, ["body", "runs", index])),
      );
    case "queue_full":
      return new Problem(
        "queue_full",
        `The queue has no room for all runs of the batch: the workflow's policy lets at most ${refusal.max_queued} of its runs wait. ` +
          "Send fewer runs, or send them again when others have started.",
      );
    default:
      return triggerProblem({ ...refusal, refused }, NO_DEFINITION);
  }
}
