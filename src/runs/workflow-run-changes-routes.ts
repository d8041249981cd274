/** The routes that change the state of a run: stop, retry, and the callback of its runner. */
import { z } from "@hono/zod-openapi";
import { createRouter } from "../http/router.ts";
import { callerWrite, runnerCall } from "../http/routes.ts";
import { json, jsonBody, optionalJsonBody, priority, text } from "../http/schemas.ts";
import { toStorable } from "../http/text.ts";
import { perform } from "../verbs/perform.ts";
import { MAX_GRACE_SECONDS } from "../workflows/policy.ts";
import { MAX_RESULT_BYTES, reportedFields, toArtifact } from "./details/result-schema.ts";
import { checkTokenIsOf } from "./refusals.ts";
import { pendingRun, runningRun, runParams } from "./run-schema.ts";
import { prioritizeRun, recordResult, retryRun, startRunNow, stopRun } from "./run-verbs.ts";

export const workflowRunChanges = createRouter();

export const StopWorkflowRunRequestSchema = z
  .strictObject({
    reason: text({ min: 1, max: 2000 }).nullish(),
    grace_seconds: z
      .int()
      .min(0)
      .max(MAX_GRACE_SECONDS)
      .optional()
      .openapi({
        description:
          "How long the runner of a RUNNING run has to end its work. Until then, or until its deadline, the run stays " +
          "RUNNING and keeps its slot. 0 by default.",
      }),
  })
  .openapi("StopWorkflowRunRequest", { example: { reason: "Wrong folder", grace_seconds: 60 } });

const stopRoute = callerWrite({
  method: "post",
  path: "/v1/workflow-runs/{run_id}/stop",
  operationId: "stop_workflow_run",
  scope: "run",
  tags: ["Workflow runs"],
  summary: "Stop a run",
  description:
    "Without `grace_seconds` the run is FAILED at once and its slot is free; the runner of a RUNNING run gets one message. With " +
    "them a RUNNING run stays RUNNING and keeps its slot until its runner says how it ended, or the time is over. The runner " +
    "is told by webhooks until it confirms one, or by the answer to its next heartbeat. If it reports COMPLETED, that counts; " +
    "otherwise the run is FAILED as STOPPED, or as DEADLINE if its deadline comes no later. A second stop can only shorten the " +
    "time. A run whose runner could not learn of it is FAILED at once: it is PENDING, or was not sent to a runner yet, or its workflow " +
    "no longer has a runner.",
  request: { params: runParams, body: optionalJsonBody(StopWorkflowRunRequestSchema) },
  problems: ["forbidden", "not_found", "conflict"],
  responses: { 200: { description: "The run, FAILED or still RUNNING", content: runningRun } },
});

workflowRunChanges.openapi(stopRoute, async (c) => {
  const { reason = null, grace_seconds: graceSeconds = 0 } = c.req.valid("json");
  const stop = { runId: c.req.valid("param").run_id, reason, graceSeconds };
  const { result } = await perform(c.var.services, stopRun, stop);
  return c.json(result.run, 200);
});

const startNowRoute = callerWrite({
  method: "post",
  path: "/v1/workflow-runs/{run_id}/start-now",
  operationId: "start_workflow_run_now",
  scope: "run",
  tags: ["Workflow runs"],
  summary: "Start a delayed run now",
  description:
    "A PENDING run that waits for its `start_after`, or for an automatic retry, joins the end of its workflow's queue now. It starts " +
    "when it is its turn.",
  request: { params: runParams },
  problems: ["forbidden", "not_found", "conflict"],
  responses: { 200: { description: "The run, PENDING or RUNNING", content: pendingRun } },
});

workflowRunChanges.openapi(startNowRoute, async (c) => {
  const { result } = await perform(c.var.services, startRunNow, c.req.valid("param").run_id);
  return c.json(result.run, 200);
});

export const RunPrioritySchema = z
  .strictObject({ priority: priority() })
  .openapi("WorkflowRunPriority", { example: { priority: 9 } });

const prioritizeRoute = callerWrite({
  method: "put",
  path: "/v1/workflow-runs/{run_id}/priority",
  operationId: "prioritize_workflow_run",
  scope: "run",
  tags: ["Workflow runs"],
  summary: "Change the priority of a run",
  description:
    "Of a PENDING run, by whoever may write its workflow. In the queue, it comes behind those with this priority that joined before it. Retries keep it.",
  request: { params: runParams, body: jsonBody(RunPrioritySchema) },
  problems: ["forbidden", "not_found", "conflict"],
  responses: { 200: { description: "The run, PENDING or RUNNING", content: pendingRun } },
});

workflowRunChanges.openapi(prioritizeRoute, async (c) => {
  const change = { runId: c.req.valid("param").run_id, priority: c.req.valid("json").priority };
  const { result } = await perform(c.var.services, prioritizeRun, change);
  return c.json(result.run, 200);
});

const retryRoute = callerWrite({
  method: "post",
  path: "/v1/workflow-runs/{run_id}/retry",
  operationId: "retry_workflow_run",
  scope: "run",
  tags: ["Workflow runs"],
  summary: "Retry a run",
  description: "The same run, as its next attempt and with the same snapshot, at the end of its workflow's queue.",
  request: { params: runParams },
  problems: ["forbidden", "not_found", "conflict"],
  responses: {
    202: {
      description: "The run, PENDING or RUNNING",
      headers: { Location: { schema: { type: "string" }, description: "Where the run is" } },
      content: pendingRun,
    },
  },
});

workflowRunChanges.openapi(retryRoute, async (c) => {
  const { result } = await perform(c.var.services, retryRun, c.req.valid("param").run_id);
  return c.json(result.run, 202, { Location: `/v1/workflow-runs/${result.run.id}` });
});

/** In characters. */
const MAX_ERROR_LENGTH = 8192;

const WorkflowRunCallbackRequestSchema = z
  .strictObject({
    status: z.enum(["COMPLETED", "FAILED"]),
    // A runner may put the output of any program into its error, so characters that cannot be stored must not make its result
    // invalid.
    error: z
      .string()
      .transform(toStorable)
      .pipe(text({ max: MAX_ERROR_LENGTH }))
      .nullish()
      .openapi({
        type: ["string", "null"],
        maxLength: MAX_ERROR_LENGTH,
        description: "Why the run FAILED. It is not stored for a COMPLETED run.",
      }),
    ...reportedFields,
  })
  .openapi("WorkflowRunCallbackRequest", { example: { status: "COMPLETED" } });

const WorkflowCallbackResponseSchema = z
  .strictObject({ status: z.string() })
  .openapi("WorkflowCallbackResponse", { example: { status: "COMPLETED" } });

const callbackRoute = runnerCall({
  method: "post",
  path: "/v1/workflow-runs/{run_id}/callback",
  maxBodyBytes: MAX_RESULT_BYTES,
  operationId: "workflow_run_callback",
  tags: ["Runner"],
  summary: "Report the result",
  description:
    "For the run's runner, with the run token of the dispatch or lease. The same result may be reported again, also when its " +
    "attempt was retried meanwhile. Another " +
    "one, or any after the deadline, is answered 409 and is kept in the run's events.",
  request: { params: runParams, body: jsonBody(WorkflowRunCallbackRequestSchema) },
  problems: ["not_found", "conflict"],
  responses: { 200: json("The result is recorded", WorkflowCallbackResponseSchema) },
});

workflowRunChanges.openapi(callbackRoute, async (c) => {
  const { status, error = null, output = null, summary = null, artifacts = null, ...more } = c.req.valid("json");
  checkTokenIsOf(c.var.runToken, c.req.valid("param").run_id);
  const report = {
    ...{ status, error, output, summary, artifacts: artifacts?.map(toArtifact) ?? null },
    ...{ retry: more.retry ?? true, retryAfterSeconds: more.retry_after_seconds ?? null },
  };
  const { result } = await perform(c.var.services, recordResult, report);
  return c.json(result, 200);
});
