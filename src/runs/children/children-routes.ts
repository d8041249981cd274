/** The routes of children: a run triggers other runs, and reads what has become of them. */
import { z } from "@hono/zod-openapi";
import { FAILURE_CODES } from "../../db/enums.ts";
import { jsonValue } from "../../http/json-value.ts";
import { createRouter } from "../../http/router.ts";
import { runnerCall, runnerRead } from "../../http/routes.ts";
import { instant, json, jsonBody, uuid } from "../../http/schemas.ts";
import { readTraceparent } from "../../http/traceparent.ts";
import { perform } from "../../verbs/perform.ts";
import { BatchedRunSchema } from "../batches/batch-routes.ts";
import { checkTokenIsOf } from "../refusals.ts";
import { exampleRun, runParams, WorkflowRunStatusSchema } from "../run-schema.ts";
import { waitKey } from "../suspensions/suspension-schema.ts";
import { listChildren, MAX_CHILDREN, triggerChildren } from "./children-verbs.ts";

export const children = createRouter();

const MAX_BODY_BYTES = 1024 * 1024;

const GivenChildSchema = z
  .strictObject({
    workflow_definition_id: uuid().transform((id) => id.toLowerCase()),
    key: waitKey().openapi({
      description: "With the workflow, it identifies the child in its parent.",
      example: "page-1",
    }),
    ...BatchedRunSchema.shape,
  })
  .openapi("GivenChildRun", { description: "One child: its workflow, its key, and the fields of an invoke." });

const exampleChild = {
  ...{ run_id: exampleRun.id, workflow_definition_id: exampleRun.workflow_definition_id, key: "page-1" },
  ...{ status: "COMPLETED" as const, error: null, failure_code: null, summary: "1 page" },
  ...{ created_at: exampleRun.created_at, completed_at: exampleRun.completed_at },
};

const TriggerChildrenRequestSchema = z
  .strictObject({
    children: z
      .array(GivenChildSchema)
      .min(1)
      .max(MAX_CHILDREN)
      .refine(
        (given) => new Set(given.map(({ workflow_definition_id: id, key }) => `${id} ${key}`)).size === given.length,
        { message: "Each `key` must be there once for a workflow." },
      ),
  })
  .openapi("TriggerChildRunsRequest", {
    example: {
      children: [
        { workflow_definition_id: exampleChild.workflow_definition_id, key: exampleChild.key, input: { page: 1 } },
      ],
    },
  });

const childFields = {
  run_id: uuid(),
  workflow_definition_id: uuid(),
  key: z.string(),
  status: WorkflowRunStatusSchema,
  error: z.string().nullable(),
  failure_code: z.enum(FAILURE_CODES).nullable(),
  summary: z.string().nullable(),
  created_at: instant(),
  completed_at: instant().nullable(),
};

const TriggeredChildrenSchema = z
  .strictObject({
    runs: z
      .array(
        z
          .strictObject({
            ...childFields,
            is_new: z.boolean().openapi({ description: "False for a child that was there already." }),
          })
          .openapi("TriggeredChildRun", { example: { ...exampleChild, is_new: true } }),
      )
      .openapi({ description: "In the order of the request." }),
  })
  .openapi("TriggeredChildRuns", { example: { runs: [{ ...exampleChild, is_new: true }] } });

const triggerRoute = runnerCall({
  method: "post",
  path: "/v1/workflow-runs/{run_id}/children",
  operationId: "trigger_child_runs",
  tags: ["Runner"],
  summary: "Trigger children of a run",
  description:
    "For the run's runner, with the run's token: up to 500 runs of the workflows that the policy of the run's workflow names in " +
    "`may_trigger`, all or none, in a body of at most 1 MiB. They need the rights of the user who has triggered the run, as an invoke does, " +
    "and always queue. The workflow and the `key` identify a child: asked again, also by a later attempt, the same child is answered, and " +
    "its input stays. A run may have 1,000 children, and at most 10 runs trigger each other in a chain. When the run ends otherwise than " +
    "COMPLETED, its unfinished children are stopped. To wait for their ends, suspend the run.",
  maxBodyBytes: MAX_BODY_BYTES,
  request: {
    params: runParams,
    headers: z.object({
      traceparent: z.string().optional().openapi({
        description: "W3C Trace Context: it goes on to the runner of each child. Ignored unless it is valid.",
      }),
    }),
    body: jsonBody(TriggerChildrenRequestSchema),
  },
  problems: ["forbidden", "not_found", "conflict", "queue_full", "cap_reached"],
  responses: { 200: json("The children", TriggeredChildrenSchema) },
});

children.openapi(triggerRoute, async (c) => {
  checkTokenIsOf(c.var.runToken, c.req.valid("param").run_id);
  const { result } = await perform(c.var.services, triggerChildren, {
    children: c.req.valid("json").children,
    traceparent: readTraceparent(c.req.valid("header").traceparent),
  });
  return c.json({ runs: result.children }, 200);
});

const ChildPageSchema = z
  .strictObject({
    items: z.array(
      z
        .strictObject({ ...childFields, output: jsonValue().nullable().openapi({ description: "Any JSON." }) })
        .openapi("ChildRun", { example: { ...exampleChild, output: { pages: 1 } } }),
    ),
    next_cursor: z.string().nullable().openapi({ description: "Send it as `cursor`. Null on the last page." }),
  })
  .openapi("ChildRunPage", { example: { items: [{ ...exampleChild, output: { pages: 1 } }], next_cursor: null } });

const listRoute = runnerRead({
  path: "/v1/workflow-runs/{run_id}/children",
  operationId: "list_child_runs",
  tags: ["Runner"],
  summary: "List the children of a run",
  description:
    "For the run's runner, with the run's token: what has become of the runs that it has triggered, in the order in which it has. A page " +
    "ends before its outputs have more than 256 KiB, so it may have fewer items than `limit` although there is a `next_cursor`. Those that " +
    "were deleted are not there, nor those that have failed before a person has retried the run. People read `/v1/workflow-runs?parent_run_id=`.",
  request: {
    params: runParams,
    query: z.object({
      cursor: uuid().optional().openapi({ description: "The `next_cursor` of the page before." }),
      limit: z.coerce.number().int().min(1).max(100).default(100),
    }),
  },
  problems: ["not_found", "conflict"],
  responses: { 200: json("One page of children", ChildPageSchema) },
});

children.openapi(listRoute, async (c) => {
  checkTokenIsOf(c.var.runToken, c.req.valid("param").run_id);
  const { cursor = null, limit } = c.req.valid("query");
  const { items, next } = await listChildren(c.env.db, c.var.runToken, { after: cursor, limit });
  return c.json({ items, next_cursor: next }, 200, { "Cache-Control": "no-store" });
});
