/** The routes of suspended runs: a runner suspends its run, people answer its questions, and programs send it signals. */
import { v7 as newId } from "uuid";
import { createRouter } from "../../http/router.ts";
import { callerRead, callerWrite, runnerCall } from "../../http/routes.ts";
import { json, jsonBody, positionQuery } from "../../http/schemas.ts";
import { perform } from "../../verbs/perform.ts";
import { definitionParams } from "../../workflows/workflow-definition-schema.ts";
import { checkTokenIsOf } from "../refusals.ts";
import { runParams } from "../run-schema.ts";
import {
  AnswerRequestSchema,
  SignalReceiptSchema,
  SignalRequestSchema,
  SuspendRequestSchema,
  SuspensionSchema,
  WaitPageSchema,
  WaitSchema,
  waitKey,
} from "./suspension-schema.ts";
import { answerWait, signalWorkflow, suspendRun } from "./suspension-verbs.ts";
import { listWaits } from "./wait-rows.ts";

export const suspensions = createRouter();

const suspendRoute = runnerCall({
  method: "post",
  path: "/v1/workflow-runs/{run_id}/suspend",
  operationId: "suspend_workflow_run",
  tags: ["Runner"],
  summary: "Suspend a run",
  description:
    "Until an answer, an instant, a signal, or the ends of its children have come. For the run's runner, with the run's token. The attempt ends, and with it the slot, the lease and the deadline, but the run does not: " +
    "it is PENDING until all that it waits for has come. Then it joins the queue at the place that it had, and its next attempt gets the " +
    "outcomes: `resume`. A handler that begins anew asks again with the same keys. What has come already is not asked again; when all " +
    "has come, the answer has the outcomes, and the attempt goes on. The same request of the same attempt gets the same answer, also " +
    "later. A run that was asked to stop is STOPPED instead, which is answered 409.",
  request: { params: runParams, body: jsonBody(SuspendRequestSchema) },
  problems: ["not_found", "conflict"],
  responses: { 200: json("The run is suspended, or the outcomes", SuspensionSchema) },
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
  responses: { 200: json("One page of questions", WaitPageSchema) },
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
  request: { params: runParams.extend({ key: waitKey() }), body: jsonBody(AnswerRequestSchema) },
  problems: ["not_found", "conflict"],
  responses: { 200: json("The answered question", WaitSchema) },
});

suspensions.openapi(answerRoute, async (c) => {
  const { run_id: runId, key } = c.req.valid("param");
  const { value, comment = null } = c.req.valid("json");
  const { result } = await perform(c.var.services, answerWait, { runId, key, value, comment });
  return c.json(result.wait, 200);
});

const signalRoute = callerWrite({
  method: "post",
  path: "/v1/workflow-definitions/{definition_id}/signals",
  operationId: "signal_workflow",
  scope: "run",
  tags: ["Workflow definitions"],
  summary: "Send a signal",
  description:
    "To the suspended runs of a workflow. Exactly one run gets it: the oldest that waits for this name and correlation. When none does, it is " +
    "kept for seven days for the next run that asks; of one workflow at most 1,000 are kept, and then it is 429. The same signal, with the " +
    "same `id`, gets the same answer for seven days, and another one with this `id` is 409. You need what an invoke needs.",
  request: { params: definitionParams, body: jsonBody(SignalRequestSchema) },
  problems: ["not_found", "forbidden", "conflict"],
  responses: { 200: json("A run got it, or it is kept", SignalReceiptSchema) },
});

suspensions.openapi(signalRoute, async (c) => {
  const { id = newId(), payload = null, ...sent } = c.req.valid("json");
  const { definition_id: definitionId } = c.req.valid("param");
  const { result } = await perform(c.var.services, signalWorkflow, { definitionId, id, payload, ...sent });
  return c.json(result, 200);
});
