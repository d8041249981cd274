/** Runs that another run has triggered: `children.sql` has the walk. */
import { v7 as newId } from "uuid";
import { z } from "zod";
import { callFunction, jsonText } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { FAILURE_CODES, RUN_STATUSES } from "../../db/enums.ts";
import { type Fault, Problem, ValidationFailed } from "../../http/problems.ts";
import { inputFaultAt } from "../../inputs/input-schema.ts";
import { defineVerb } from "../../verbs/verb.ts";
import { type GivenRun, withoutNulls } from "../batches/trigger-batch.ts";
import { attemptProblem, attemptRefusalSchema, faultOfRun, triggerProblem, triggerRefusalSchema } from "../refusals.ts";

/** How many children one request triggers. */
export const MAX_CHILDREN = 500;

type GivenChild = GivenRun & { workflow_definition_id: string; key: string };

const childSchema = z.object({
  run_id: z.string(),
  workflow_definition_id: z.string(),
  key: z.string(),
  status: z.enum(RUN_STATUSES),
  error: z.string().nullable(),
  failure_code: z.enum(FAILURE_CODES).nullable(),
  summary: z.string().nullable(),
  created_at: z.string(),
  completed_at: z.string().nullable(),
});

/** Of a definition, or of children of it: the places of these in the request, from 0. */
const ofDefinitionSchema = triggerRefusalSchema.omit({ refused: true }).extend({
  refused: z.enum([...triggerRefusalSchema.shape.refused.exclude(["not_found"]).options, "not_visible"]),
  definition_id: z.string().default(""),
  indexes: z.array(z.int()).default([]),
});

const refusalSchema = z.union([
  attemptRefusalSchema,
  z.object({ refused: z.enum(["stopping", "user_deactivated"]) }),
  z.object({ refused: z.enum(["too_many", "too_deep"]), limit: z.int() }),
  z.object({ refused: z.literal("may_not_trigger"), definition_ids: z.array(z.string()) }),
  ofDefinitionSchema,
]);

/**
 * Triggers children of the run of a run token, all or none, in the order of the request. A child that is there already is answered as it is.
 * Refused with Problem `not_found`, or `conflict` for an ended run, an older attempt, one that was asked to stop, or too many children; with
 * Problem `forbidden` for workflows that the policy does not name or the user of the run may not invoke; and as a batch is.
 */
export const triggerChildren = defineVerb({
  name: "trigger_children",
  args: (request: { children: readonly GivenChild[]; traceparent: string | null }) => ({
    // Each id is greater than the one before.
    run_ids: request.children.map(() => newId()),
    children: { json: request.children.map(withoutNulls) },
    traceparent: request.traceparent,
  }),
  result: z.object({ children: z.array(childSchema.extend({ is_new: z.boolean() })) }),
  refusals: refusalSchema,
  refuse: (refusal, _request, { run }) => childrenProblem(refusal, run?.attempt),
  isRepeatable: true,
});

function childrenProblem(
  refusal: z.infer<typeof refusalSchema>,
  attempt: number | undefined,
): Problem | ValidationFailed {
  switch (refusal.refused) {
    case "not_found":
    case "other_attempt":
    case "ended":
      return attemptProblem(refusal, attempt);
    case "stopping":
      return new Problem("conflict", "The run was asked to stop, so it triggers no more runs.");
    case "user_deactivated":
      return new Problem("forbidden", "The user who triggered the run is no longer active.");
    case "too_many":
      return new Problem("conflict", `A run may have ${refusal.limit} children.`);
    case "too_deep":
      return new Problem("conflict", `More than ${refusal.limit} runs may not trigger each other in a chain.`);
    case "may_not_trigger":
      return new Problem(
        "forbidden",
        `The policy of the run's workflow does not name in \`may_trigger\`: ${refusal.definition_ids.join(", ")}.`,
      );
    default:
      return problemOfDefinition(refusal);
  }
}

function problemOfDefinition({ refused, definition_id: id, indexes, ...refusal }: z.infer<typeof ofDefinitionSchema>) {
  switch (refused) {
    case "not_visible":
      return new Problem("forbidden", `The user who triggered the run may not see the workflow ${id}.`);
    case "input_invalid":
      return new ValidationFailed(
        refusal.input_faults.map((fault) => inputFaultAt(["body", "children", fault.index ?? 0], fault)),
      );
    case "no_key":
    case "start_after":
    case "must_start_by":
      return new ValidationFailed(
        indexes.map((index): Fault => faultOfRun(refused, refusal.pointer, ["body", "children", index])),
      );
    case "paused":
      return new Problem("conflict", `The workflow ${id} is paused. Its runs can be triggered when it is resumed.`);
    case "no_runner":
      return new Problem("conflict", `The workflow ${id} has no runner.`);
    case "queue_full":
      return new Problem(
        "queue_full",
        `The queue of the workflow ${id} has no room for its children: its policy lets at most ${refusal.max_queued} of its runs wait.`,
      );
    default:
      return triggerProblem({ ...refusal, refused }, "");
  }
}

const pageSchema = z.union([
  attemptRefusalSchema,
  z.object({ items: z.array(childSchema.extend({ output: jsonText.nullable() })), next: z.string().nullable() }),
]);

/**
 * One page of the children of the run of a run token, in the order in which they were triggered, after the child `after`.
 * @throws Problem `not_found`, or `conflict` for an ended run or an older attempt
 */
export async function listChildren(
  db: Database,
  run: { tenantId: string; runId: string; attempt: number },
  page: { after: string | null; limit: number },
) {
  const args = { tenant_id: run.tenantId, run_id: run.runId, attempt: run.attempt, ...page };
  const answer = await callFunction(db, "list_children", args, pageSchema, { isRepeatable: true });
  if ("refused" in answer) throw attemptProblem(answer, run.attempt);
  return answer;
}
