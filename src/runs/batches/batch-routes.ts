/** The routes of batches: trigger the runs of one, and read how it stands. */
import { z } from "@hono/zod-openapi";
import { v7 as newId } from "uuid";
import { PREFER, preferenceApplied } from "../../http/live/prefer.ts";
import { createRouter } from "../../http/router.ts";
import { callerRead, callerWrite } from "../../http/routes.ts";
import { instant, json, jsonBody, jsonContent, priority, uuid } from "../../http/schemas.ts";
import { readTraceparent } from "../../http/traceparent.ts";
import { perform } from "../../verbs/perform.ts";
import { definitionParams } from "../../workflows/workflow-definition-schema.ts";
import { linksOf } from "../details/details-schema.ts";
import { failureCode, WorkflowRunResultSchema } from "../details/result-schema.ts";
import { labelsOfRun } from "../labels.ts";
import { exampleRun } from "../run-schema.ts";
import { chooseKey, IDEMPOTENCY_KEY, InvokeWorkflowRequestSchema } from "../workflow-definition-runs-routes.ts";
import { findBatchOrWait } from "./find-batch.ts";
import { listBatchResults } from "./list-batch-results.ts";
import { MAX_RUNS, triggerBatch } from "./trigger-batch.ts";

/** The route that triggers a batch, and the one that reads it, belong to different paths, and so to different areas. */
export const batchInvokes = createRouter();
export const runBatches = createRouter();

const MAX_BODY_BYTES = 1024 * 1024;

const EXAMPLE_ID = "01920000-0000-7000-8000-000000000701";

const { idempotency_key: idempotencyKey, ...fieldsOfRun } = InvokeWorkflowRequestSchema.shape;

export const BatchedRunSchema = z.strictObject(fieldsOfRun).openapi("BatchedRun", {
  description: "One run: the fields of an invoke without its idempotency key.",
});

const InvokeBatchRequestSchema = z
  .strictObject({
    idempotency_key: idempotencyKey,
    priority: priority().optional().openapi({ description: "Of each run that has none of its own. 0 by default." }),
    runs: z.array(BatchedRunSchema).min(1).max(MAX_RUNS),
  })
  .openapi("InvokeBatchRequest", {
    example: {
      idempotency_key: "invoices-2026-01",
      runs: [
        { input: { invoice: 4711 }, labels: { customer: "4711" } },
        { input: { invoice: 4712 }, labels: { customer: "4712" } },
      ],
    },
  });

const TriggeredBatchSchema = z
  .strictObject({
    id: uuid(),
    run_ids: z.array(uuid()).openapi({
      description:
        "The ids of its runs in the order of the request. When it is replayed: of those that were not deleted.",
    }),
  })
  .openapi("TriggeredRunBatch", { example: { id: EXAMPLE_ID, run_ids: [exampleRun.id] } });

const invokeBatchRoute = callerWrite({
  method: "post",
  path: "/v1/workflow-definitions/{definition_id}/invoke-batch",
  operationId: "invoke_workflow_batch",
  scope: "run",
  tags: ["Workflow definitions"],
  summary: "Trigger a batch of runs",
  description:
    "Up to 500 runs. " +
    "All of them or none, with the same snapshot, in a body of at most 1 MiB. They go to the end of the workflow's queue, and " +
    "start as slots become free: in their order, those with a higher priority first, or when the policy limits the runs of each key, in their order within a key, and keys in " +
    "turn, beginning after the key that started last. With an idempotency key, in the body or as a header, the request can be repeated: as long " +
    "as the batch exists, the same key with the same runs answers it and `Idempotency-Replayed: true`.",
  maxBodyBytes: MAX_BODY_BYTES,
  request: {
    params: definitionParams,
    headers: z.object({
      "Idempotency-Key": IDEMPOTENCY_KEY.optional(),
      traceparent: z.string().optional().openapi({
        description: "W3C Trace Context: it goes on to the runner of each run. Ignored unless it is valid.",
      }),
    }),
    body: jsonBody(InvokeBatchRequestSchema),
  },
  problems: ["forbidden", "not_found", "conflict", "queue_full", "cap_reached"],
  responses: {
    202: {
      description: "A new batch, or the one that this idempotency key has triggered before",
      headers: {
        Location: { schema: { type: "string" }, description: "Where the batch is" },
        "Idempotency-Replayed": {
          schema: { type: "string", enum: ["true"] },
          description: "`true` when the batch was triggered before; absent from the answer of a new batch",
        },
      },
      content: jsonContent(TriggeredBatchSchema),
    },
  },
});

batchInvokes.openapi(invokeBatchRoute, async (c) => {
  const { idempotency_key: keyInBody, priority: usual = 0, runs } = c.req.valid("json");
  const { result } = await perform(c.var.services, triggerBatch, {
    id: newId(),
    definitionId: c.req.valid("param").definition_id,
    idempotencyKey: chooseKey(keyInBody, c.req.valid("header")["Idempotency-Key"]),
    runs: runs.map(({ priority = usual, ...run }) => (priority === 0 ? run : { ...run, priority })),
    traceparent: readTraceparent(c.req.valid("header").traceparent),
  });
  const { id, run_ids } = result.batch;
  return c.json({ id, run_ids }, 202, {
    Location: `/v1/run-batches/${id}`,
    ...(result.replayed && { "Idempotency-Replayed": "true" }),
  });
});

const RunBatchSchema = z
  .strictObject({
    id: uuid(),
    workflow_definition_id: uuid(),
    user_id: uuid().openapi({ description: "Who triggered the batch." }),
    run_count: z
      .int()
      .openapi({ description: "How many runs the batch has triggered: the sum of the counts that follow." }),
    pending: z.int(),
    running: z.int(),
    completed: z.int(),
    failed: z.int(),
    deleted: z.int(),
    created_at: instant(),
    ended_at: instant()
      .nullable()
      .openapi({
        description:
          "When its last run ended or was deleted, so that none was left that waited or ran or was to be retried by the policy. It stays " +
          "when a person retries a run later. Null until then.",
      }),
  })
  .openapi("RunBatch", {
    example: {
      id: EXAMPLE_ID,
      workflow_definition_id: exampleRun.workflow_definition_id,
      user_id: exampleRun.user_id,
      run_count: 200,
      pending: 120,
      running: 10,
      completed: 68,
      failed: 2,
      deleted: 0,
      created_at: exampleRun.created_at,
      ended_at: null,
    },
  });

const batchParams = z.object({ batch_id: uuid().openapi({ example: EXAMPLE_ID }) });

const getBatch = callerRead({
  path: "/v1/run-batches/{batch_id}",
  operationId: "get_run_batch",
  tags: ["Workflow runs"],
  summary: "Get a batch",
  description:
    "How many of its runs wait, run and have ended. " +
    "The runs themselves are in the list of runs: `/v1/workflow-runs?batch=`, and how they have ended in `…/results`. Send the `ETag` of the last answer as `If-None-Match` to " +
    "get 304 while nothing has changed. With `Prefer: wait=30` the answer comes as soon as the batch has ended, or with " +
    "`If-None-Match` as soon as one of its runs has changed, but after 30 seconds at the latest.",
  request: { params: batchParams, headers: z.object({ Prefer: z.string().optional().openapi(PREFER) }) },
  problems: ["not_found"],
  responses: { 200: { description: "The batch", headers: preferenceApplied, content: jsonContent(RunBatchSchema) } },
});

runBatches.openapi(getBatch, async (c) => {
  const { batch, etag } = await findBatchOrWait(c, c.req.valid("param").batch_id);
  c.header("ETag", `"${etag}"`);
  return c.json(batch, 200);
});

const exampleResult = {
  ...{ run_id: exampleRun.id, labels: { customer: "4711" }, status: "COMPLETED" as const, attempt: 1 },
  ...{ failure_code: null, error: null, summary: "12 pages", output: { pages: 12 } },
  completed_at: exampleRun.completed_at,
  result_url: `https://service.example.com/v1/workflow-runs/${exampleRun.id}/result`,
};

const { status, attempt, error, output, summary } = WorkflowRunResultSchema.shape;

const BatchResultSchema = z
  .strictObject({
    ...{ run_id: uuid(), labels: labelsOfRun(), status, attempt, failure_code: failureCode(), error, summary, output },
    completed_at: instant().nullable(),
    result_url: z.string().openapi({ format: "uri", description: "The whole result, with the artifacts." }),
  })
  .openapi("RunBatchResult", { example: exampleResult });

const BatchResultPageSchema = z
  .strictObject({
    items: z.array(BatchResultSchema),
    next_cursor: z.string().nullable().openapi({ description: "Send it as `cursor`. Null on the last page." }),
  })
  .openapi("RunBatchResultPage", { example: { items: [exampleResult], next_cursor: null } });

const listResults = callerRead({
  path: "/v1/run-batches/{batch_id}/results",
  operationId: "list_run_batch_results",
  tags: ["Workflow runs"],
  summary: "List the results of a batch",
  description:
    "How each of its runs has ended or stands, in the order in which they were given; those that were deleted are not there. A page ends before " +
    "its outputs have more than 256 KiB, so it may have fewer items than `limit` although there is a `next_cursor`.",
  request: {
    params: batchParams,
    query: z.object({
      cursor: uuid().optional().openapi({ description: "The `next_cursor` of the page before." }),
      limit: z.coerce.number().int().min(1).max(100).default(100),
    }),
  },
  problems: ["not_found"],
  responses: { 200: json("One page of results", BatchResultPageSchema) },
});

runBatches.openapi(listResults, async (c) => {
  const { cursor: after = null, limit } = c.req.valid("query");
  const request = { batchId: c.req.valid("param").batch_id, after, limit };
  const { items, next } = await listBatchResults(c.env.db, c.var.credential, request);
  const results = items.map((item) => ({
    ...item,
    result_url: linksOf(c.env.config.publicUrl, item.run_id, null).result,
  }));
  return c.json({ items: results, next_cursor: next }, 200);
});
