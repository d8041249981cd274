/** The routes of checkpoints: what a run keeps for the attempts after the current one. */
import { z } from "@hono/zod-openapi";
import { jsonValue } from "../../http/json-value.ts";
import { createRouter } from "../../http/router.ts";
import { callerRead, runnerCall, runnerRead } from "../../http/routes.ts";
import { instant, json, jsonBody, pageQuery, paginated } from "../../http/schemas.ts";
import { perform } from "../../verbs/perform.ts";
import { checkTokenIsOf } from "../refusals.ts";
import { runParams } from "../run-schema.ts";
import { OutcomesSchema, waitKey } from "../suspensions/suspension-schema.ts";
import { findResume, keepCheckpoint, listCheckpoints } from "./checkpoint-rows.ts";

export const checkpoints = createRouter();

const ofRun = runParams.extend({ key: waitKey() });

const KeepCheckpointRequestSchema = z
  .strictObject({ value: jsonValue().openapi({ description: "Any JSON. With the rest of the body at most 64 KiB." }) })
  .openapi("KeepCheckpointRequest", { example: { value: { pages: 12 } } });

const KeptSchema = z
  .strictObject({ is_new: z.boolean().openapi({ description: "False when the same value was kept before." }) })
  .openapi("KeptCheckpoint", { example: { is_new: true } });

const keepRoute = runnerCall({
  method: "put",
  path: "/v1/workflow-runs/{run_id}/checkpoints/{key}",
  operationId: "keep_checkpoint",
  tags: ["Runner"],
  summary: "Keep a checkpoint",
  description:
    "For the run's runner, with the run's token: what the attempts after this one need not do again, such as the result of a step. The " +
    "first value of a key stays: the same one again is 200, and another one is 409, as is any with the token of an attempt that has " +
    "ended. A run may have 1,000 checkpoints, of 4 MiB altogether. It extends no lease.",
  request: { params: ofRun, body: jsonBody(KeepCheckpointRequestSchema) },
  problems: ["not_found", "conflict"],
  responses: { 200: json("It is kept", KeptSchema) },
});

checkpoints.openapi(keepRoute, async (c) => {
  const { run_id: runId, key } = c.req.valid("param");
  checkTokenIsOf(c.var.runToken, runId);
  const { result } = await perform(c.var.services, keepCheckpoint, { key, value: c.req.valid("json").value ?? null });
  return c.json(result, 200);
});

const exampleCheckpoint = {
  ...{ key: "ocr", attempt: 1, bytes: 12, kept_at: "2026-01-31T12:00:00.000Z", value: { pages: 12 } },
};

const CheckpointSchema = z
  .strictObject({
    key: z.string(),
    attempt: z.int().openapi({ description: "The attempt that has kept it." }),
    bytes: z.int(),
    kept_at: instant(),
    value: jsonValue().nullable().openapi({ description: "Any JSON." }),
  })
  .openapi("WorkflowRunCheckpoint", { example: exampleCheckpoint });

const listRoute = callerRead({
  path: "/v1/workflow-runs/{run_id}/checkpoints",
  operationId: "list_checkpoints",
  tags: ["Workflow runs"],
  summary: "List the checkpoints of a run",
  description: "What its attempts have kept, the oldest first. A run that is triggered again begins without.",
  request: { params: runParams, query: pageQuery },
  problems: ["not_found"],
  responses: {
    200: json(
      "One page of checkpoints",
      paginated("PaginatedResponse_WorkflowRunCheckpoint_", CheckpointSchema, exampleCheckpoint),
    ),
  },
});

checkpoints.openapi(listRoute, async (c) => {
  const page = c.req.valid("query");
  const { items, total } = await listCheckpoints(c.env.db, c.var.credential, {
    runId: c.req.valid("param").run_id,
    ...page,
  });
  return c.json({ items, total, ...page }, 200);
});

const WholeResumeSchema = z
  .strictObject({
    outcomes: OutcomesSchema,
    checkpoints: z.record(z.string(), z.unknown()).openapi({ description: "The values by their keys." }),
  })
  .openapi("WholeWorkflowRunResume", { example: { outcomes: {}, checkpoints: { ocr: { pages: 12 } } } });

const resumeRoute = runnerRead({
  path: "/v1/workflow-runs/{run_id}/resume",
  operationId: "get_workflow_run_resume",
  tags: ["Runner"],
  summary: "Read what a run can go on with",
  description:
    "For the run's runner, with the run's token: the outcomes of all that the run has waited for, and all checkpoints with their values. " +
    "The dispatch and the lease have only the outcomes of the last suspension, and the number of checkpoints.",
  request: { params: runParams },
  problems: ["not_found", "conflict"],
  responses: { 200: json("All of it", WholeResumeSchema) },
});

checkpoints.openapi(resumeRoute, async (c) => {
  checkTokenIsOf(c.var.runToken, c.req.valid("param").run_id);
  return c.json(await findResume(c.env.db, c.var.runToken), 200, { "Cache-Control": "no-store" });
});
