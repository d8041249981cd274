/** The route that stops, retries or deletes many runs in one call. */
import { z } from "@hono/zod-openapi";
import { RUN_STATUSES } from "../../db/enums.ts";
import { createRouter } from "../../http/router.ts";
import { callerWrite } from "../../http/routes.ts";
import { givenInstant, json, jsonBody, uuid } from "../../http/schemas.ts";
import { labelList } from "../labels.ts";
import { exampleRun, formatCursor, givenCursor, WorkflowRunStatusSchema } from "../run-schema.ts";
import { BULK_ACTIONS, type Chosen, changeRuns, MAX_CHANGED } from "./change-runs.ts";

export const bulkChanges = createRouter();

const FilterSchema = z
  .strictObject({
    status: z.array(WorkflowRunStatusSchema).min(1).max(RUN_STATUSES.length).optional(),
    workflow_definition_id: uuid().optional(),
    user_id: uuid().optional().openapi({ description: "Only runs that this user triggered." }),
    created_after: givenInstant().optional(),
    created_before: givenInstant().optional(),
    batch: uuid().optional().openapi({ description: "Only runs of this batch." }),
    label: labelList().min(1).optional().openapi({ description: "Only runs with all of these labels: `key:value`." }),
  })
  .superRefine((filter, context) => {
    if (Object.values(filter).some((value) => value !== undefined)) return;
    context.addIssue({ code: "custom", message: "Name at least one condition: an empty filter would match all runs." });
  })
  .openapi("WorkflowRunFilter", { minProperties: 1 });

const BulkRequestSchema = z
  .strictObject({
    action: z.enum(BULK_ACTIONS),
    run_ids: z.array(uuid()).min(1).max(MAX_CHANGED).optional(),
    filter: FilterSchema.optional(),
    dry_run: z
      .boolean()
      .optional()
      .openapi({ description: "True to change nothing, and only report what would be refused." }),
    cursor: givenCursor().optional().openapi({ description: "With a `filter`: the `next_cursor` of the call before." }),
  })
  .superRefine(({ run_ids, filter, cursor }, context) => {
    if ((run_ids === undefined) === (filter === undefined)) {
      context.addIssue({ code: "custom", message: "Send either `run_ids` or a `filter`." });
    }
    if (cursor !== undefined && run_ids !== undefined) {
      context.addIssue({ code: "custom", path: ["cursor"], message: "Only a `filter` has further pages." });
    }
  })
  .openapi("WorkflowRunBulkRequest", {
    example: {
      action: "stop",
      filter: { status: ["PENDING"], workflow_definition_id: exampleRun.workflow_definition_id },
    },
  });

const BulkResponseSchema = z
  .strictObject({
    matched: z.int().openapi({ description: "How many runs this call has found." }),
    done: z.int().openapi({ description: "How many of them were changed; with `dry_run`, how many would be changed." }),
    refused: z.array(z.strictObject({ run_id: uuid(), reason: z.string() })).openapi({
      description: "The refused runs, each with the reason: the same text as for a change of that run alone.",
    }),
    next_cursor: z.string().nullable().openapi({
      description: "When further runs match the filter: send the same request again with this as its `cursor`.",
    }),
  })
  .openapi("WorkflowRunBulkResponse", {
    example: {
      matched: 2,
      done: 1,
      refused: [{ run_id: exampleRun.id, reason: "The run has already ended: it is COMPLETED." }],
      next_cursor: null,
    },
  });

const changeRoute = callerWrite({
  method: "post",
  path: "/v1/workflow-runs/bulk",
  operationId: "change_workflow_runs",
  scope: "run",
  tags: ["Workflow runs"],
  summary: "Stop, retry or delete many runs",
  description:
    `Up to ${MAX_CHANGED} runs a call: those of \`run_ids\`, or the newest that match the \`filter\`, whose conditions are ` +
    "those of the list of runs. Each run is changed completely or refused, by the rules of its own stop, retry or delete. Repeat the call " +
    "with `next_cursor` until that is null.",
  request: { body: jsonBody(BulkRequestSchema) },
  responses: { 200: json("What was done", BulkResponseSchema) },
});

/** The runs that a body names. The check of the body ensures that it names some. */
function chosenBy({ run_ids, filter = {}, cursor }: z.output<typeof BulkRequestSchema>): Chosen {
  if (run_ids) return { runIds: run_ids };
  return {
    filter: {
      statuses: [...new Set(filter.status)],
      definitionId: filter.workflow_definition_id,
      userId: filter.user_id,
      createdAfter: filter.created_after,
      createdBefore: filter.created_before,
      labels: filter.label ?? [],
      batchId: filter.batch,
    },
    cursor,
  };
}

bulkChanges.openapi(changeRoute, async (c) => {
  const body = c.req.valid("json");
  const { matched, done, refused, next } = await changeRuns(c.var.services, {
    credential: c.var.credential,
    action: body.action,
    chosen: chosenBy(body),
    isDryRun: body.dry_run ?? false,
  });
  return c.json(
    {
      matched,
      done,
      refused: refused.map(({ runId, reason }) => ({ run_id: runId, reason })),
      next_cursor: next && formatCursor(next),
    },
    200,
  );
});
