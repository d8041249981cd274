/** The routes of a workflow's runs: trigger one, and list them. */
import { z } from "@hono/zod-openapi";
import { v7 as newId } from "uuid";
import { jsonObject } from "../http/json-value.ts";
import { PREFER } from "../http/live/prefer.ts";
import { Problem, ValidationFailed } from "../http/problems.ts";
import { createRouter } from "../http/router.ts";
import { callerRead, callerWrite } from "../http/routes.ts";
import { givenInstant, json, optionalJsonBody, pageQuery, paginated, priority, text } from "../http/schemas.ts";
import { readTraceparent } from "../http/traceparent.ts";
import { perform } from "../verbs/perform.ts";
import { definitionParams } from "../workflows/workflow-definition-schema.ts";
import { NO_DEFINITION } from "../workflows/workflow-definitions.ts";
import { givenLabels, LABELS_OBJECT } from "./labels.ts";
import { listRunsOfDefinition } from "./list-runs.ts";
import { endOrTimeUp } from "./live/find-run-or-wait.ts";
import { exampleRun, runningRun, WorkflowRunResponseSchema } from "./run-schema.ts";
import { triggerRun } from "./run-verbs.ts";

export const workflowDefinitionRuns = createRouter();

/** A check refuses an empty key instead of `minLength`, since the contract's schema has no minimum. */
export const IDEMPOTENCY_KEY = text({ max: 255 }).refine((key) => key !== "", { message: "Must not be empty." });

export const MAX_INPUT_BYTES = 32 * 1024;

export const InvokeWorkflowRequestSchema = z
  .strictObject({
    idempotency_key: IDEMPOTENCY_KEY.nullish(),
    input: jsonObject(MAX_INPUT_BYTES)
      .nullish()
      .openapi({
        type: ["object", "null"],
        additionalProperties: true,
        description:
          "What the runner gets in addition to the snapshot: at most 32 KiB. Numbers are kept as doubles. With the same " +
          "idempotency key, always send the same input.",
      }),
    labels: givenLabels()
      .nullish()
      .openapi({
        type: ["object", "null"],
        ...LABELS_OBJECT,
        description:
          "At most 10 texts by key, to find the run by: `?label=customer:4711`. Retries keep them. Repeated with the same " +
          "idempotency key, other labels change nothing.",
      }),
    concurrency_key: text({ min: 1, max: 128 })
      .nullish()
      .openapi({
        description:
          "At most `max_running_per_key` runs with the same key are RUNNING at the same time, if the workflow's policy sets that limit. " +
          "When you send no key, the policy's `key_from` says where the input has it.",
      }),
    priority: priority()
      .optional()
      .openapi({
        description:
          "Of the runs that wait, those with a higher priority start first, and those with the same one in the order in which they came. 0 by " +
          "default. When keys take turns, it counts among the runs of a key.",
      }),
    start_after: givenInstant()
      .nullish()
      .openapi({
        type: ["string", "null"],
        description:
          "The run waits outside of the queue until this instant, and then joins its end. It is PENDING meanwhile. At most 90 days from " +
          "now; an instant in the past has no effect.",
      }),
    must_start_by: givenInstant()
      .nullish()
      .openapi({
        type: ["string", "null"],
        description:
          "Unless the run has started before this instant, it is FAILED with the code EXPIRED from then on, also while its workflow " +
          "is paused. It must be in the future, and later than `start_after`. Retries do not expire.",
      }),
  })
  .openapi("InvokeWorkflowRequest", {
    example: { idempotency_key: "order-4711", input: { quarter: "2026-Q1" }, labels: { customer: "4711" } },
  });

const invokeRoute = callerWrite({
  method: "post",
  path: "/v1/workflow-definitions/{definition_id}/invoke",
  operationId: "invoke_workflow",
  scope: "run",
  tags: ["Workflow definitions"],
  summary: "Trigger a run",
  description:
    "The run is RUNNING at once when a slot of the workflow is free for it, and PENDING behind the others when none is. By its " +
    "policy (`when_busy`), a busy workflow may instead refuse the run, or the run may take the place of those that wait or run. " +
    "Send an idempotency key, in the body or as a header, to be able to try again: while its run waits or runs, and " +
    "for 24 hours after it was triggered, the same key answers with that run and `Idempotency-Replayed: true`.",
  request: {
    params: definitionParams,
    headers: z.object({
      "Idempotency-Key": IDEMPOTENCY_KEY.optional(),
      Prefer: z.string().optional().openapi(PREFER),
      traceparent: z.string().optional().openapi({
        description: "W3C Trace Context: it goes on to the runner and to notifications. Ignored unless it is valid.",
      }),
    }),
    body: optionalJsonBody(InvokeWorkflowRequestSchema),
  },
  problems: ["forbidden", "not_found", "conflict", "busy", "queue_full", "cap_reached"],
  responses: {
    202: {
      description: "A new run, or the one that this idempotency key has triggered before",
      headers: {
        Location: { schema: { type: "string" }, description: "Where the run is" },
        "Idempotency-Replayed": {
          schema: { type: "string", enum: ["true"] },
          description: "`true` when the run was triggered before; absent from the answer of a new run",
        },
      },
      content: runningRun,
    },
  },
});

workflowDefinitionRuns.openapi(invokeRoute, async (c) => {
  const { idempotency_key: keyInBody, input = null, labels, ...given } = c.req.valid("json");
  const { tenantId, result } = await perform(c.var.services, triggerRun, {
    id: newId(),
    definitionId: c.req.valid("param").definition_id,
    idempotencyKey: chooseKey(keyInBody, c.req.valid("header")["Idempotency-Key"]),
    input,
    traceparent: readTraceparent(c.req.valid("header").traceparent),
    labels: labels ?? {},
    concurrencyKey: given.concurrency_key ?? null,
    priority: given.priority ?? 0,
    startAfter: given.start_after ?? null,
    mustStartBy: given.must_start_by ?? null,
  });
  const run = await endOrTimeUp(c, { tenantId, run: result.run });
  return c.json(run, 202, {
    Location: `/v1/workflow-runs/${run.id}`,
    ...(result.replayed && { "Idempotency-Replayed": "true" }),
  });
});

/**
 * The idempotency key of a request, in its body or its header.
 * @throws ValidationFailed when they differ
 */
export function chooseKey(inBody: string | null | undefined, inHeader: string | undefined): string | null {
  if (typeof inBody === "string" && inHeader !== undefined && inBody !== inHeader) {
    const msg = "Differs from `idempotency_key` in the body. Send one of them, or the same twice.";
    throw new ValidationFailed([{ loc: ["header", "Idempotency-Key"], type: "value_error", msg, input: inHeader }]);
  }
  return inBody ?? inHeader ?? null;
}

const listRoute = callerRead({
  path: "/v1/workflow-definitions/{definition_id}/runs",
  operationId: "list_workflow_runs",
  tags: ["Workflow definitions"],
  summary: "List runs of a workflow",
  description:
    "Newest first. " +
    "With an exact `total`. The runs of all workflows are in `/v1/workflow-runs`, which has more filters.",
  request: { params: definitionParams, query: pageQuery },
  problems: ["not_found"],
  responses: {
    200: json(
      "One page of runs",
      paginated("PaginatedResponse_WorkflowRunResponse_", WorkflowRunResponseSchema, exampleRun),
    ),
  },
});

workflowDefinitionRuns.openapi(listRoute, async (c) => {
  const page = c.req.valid("query");
  const request = { definitionId: c.req.valid("param").definition_id, ...page };
  const found = await listRunsOfDefinition(c.env.db, c.var.credential, request);
  if (found === null) throw new Problem("not_found", NO_DEFINITION);
  return c.json({ items: found.runs, total: found.total, ...page }, 200);
});
