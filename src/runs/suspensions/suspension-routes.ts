/** The routes of suspended runs: a runner suspends its run, and people answer its questions. */
import { createRouter } from "../../http/router.ts";
import { callerRead, callerWrite, runnerCall } from "../../http/routes.ts";
import { positionQuery } from "../../http/schemas.ts";
import { perform } from "../../verbs/perform.ts";
import { checkTokenIsOf } from "../refusals.ts";
import { runParams } from "../run-schema.ts";
import {
  AnswerRequestSchema,
  SuspendRequestSchema,
  SuspensionSchema,
  WaitPageSchema,
  WaitSchema,
  waitKey,
} from "./suspension-schema.ts";
import { answerWait, suspendRun } from "./suspension-verbs.ts";
import { listWaits } from "./wait-rows.ts";

export const suspensions = createRouter();

const suspendRoute = runnerCall({
  method: "post",
  path: "/v1/workflow-runs/{run_id}/suspend",
  operationId: "suspend_workflow_run",
  tags: ["Runner"],
  summary: "Suspend a run",
  description:
    "Until an answer, an instant, or the ends of its children have come. For the run's runner, with the run's token. The attempt ends, and with it the slot, the lease and the deadline, but the run does not: " +
    "it is PENDING until all that it waits for has come. Then it joins the queue at the place that it had, and its next attempt gets the " +
    "outcomes: `resume`. A handler that begins anew asks again with the same keys. What has come already is not asked again; when all " +
    "has come, the answer has the outcomes, and the attempt goes on. The same request of the same attempt gets the same answer, also " +
    "later. A run that was asked to stop is STOPPED instead, which is answered 409.",
  request: {
    params: runParams,
    body: { required: true, content: { "application/json": { schema: SuspendRequestSchema } } },
  },
  problems: ["not_found", "conflict"],
  responses: {
    200: {
      description: "The run is suspended, or the outcomes",
      content: { "application/json": { schema: SuspensionSchema } },
    },
  },
});

suspensions.openapi(suspendRoute, async (c) => {
  checkTokenIsOf(c.var.runToken, c.req.valid("param").run_id);
  const { result } = await perform(c.var.services, suspendRun, c.req.valid("json"));
  return c.json(result, 200);
});

const listRoute = callerRead({
  path: "/v1/waits",
  operationId: "list_waits",
  tags: ["Workflow runs"],
  summary: "List open questions",
  description:
    "The questions of suspended runs that you may answer, over all workflows, newest first. With an API key, only those that are not `people_only`. A page may have fewer " +
    "items than `limit`, or none, although there is a `next_cursor`.",
  request: { query: positionQuery() },
  responses: {
    200: { description: "One page of questions", content: { "application/json": { schema: WaitPageSchema } } },
  },
});

suspensions.openapi(listRoute, async (c) => {
  const { cursor = null, limit } = c.req.valid("query");
  const { items, next } = await listWaits(c.env.db, c.var.credential, { before: cursor, limit });
  return c.json({ items, next_cursor: next }, 200);
});

const answerRoute = callerWrite({
  method: "post",
  path: "/v1/workflow-runs/{run_id}/waits/{key}/answer",
  operationId: "answer_wait",
  scope: "run",
  tags: ["Workflow runs"],
  summary: "Answer a question",
  description:
    "Of a suspended run. The first answer counts: the same one again is answered in the same way, and another one is 409. When it was the last thing that the " +
    "run waited for, the run joins its workflow's queue at once.",
  request: {
    params: runParams.extend({ key: waitKey() }),
    body: { required: true, content: { "application/json": { schema: AnswerRequestSchema } } },
  },
  problems: ["not_found", "conflict"],
  responses: {
    200: { description: "The answered question", content: { "application/json": { schema: WaitSchema } } },
  },
});

suspensions.openapi(answerRoute, async (c) => {
  const { run_id: runId, key } = c.req.valid("param");
  const { value, comment = null } = c.req.valid("json");
  const { result } = await perform(c.var.services, answerWait, { runId, key, value, comment });
  return c.json(result.wait, 200);
});
