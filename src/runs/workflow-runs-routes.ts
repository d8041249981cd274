import { z } from "@hono/zod-openapi";
import { RUN_STATUSES } from "../db/enums.ts";
import { PREFER, preferenceApplied } from "../http/live/prefer.ts";
import { Problem } from "../http/problems.ts";
import { createRouter } from "../http/router.ts";
import { callerRead, callerWrite } from "../http/routes.ts";
import {
  givenInstant,
  instant,
  json,
  jsonContent,
  pageQuery,
  paginated,
  priority,
  repeated,
  uuid,
} from "../http/schemas.ts";
import { perform } from "../verbs/perform.ts";
import { exampleEvent, RunEventSchema } from "./event-schema.ts";
import { labelQuery, labelsOfRun } from "./labels.ts";
import { listRuns } from "./list-runs.ts";
import { findRunOrWait } from "./live/find-run-or-wait.ts";
import { NO_RUN } from "./refusals.ts";
import { listRunEvents } from "./run-events.ts";
import type { MoreConditions } from "./run-filter.ts";
import {
  exampleRun,
  formatCursor,
  givenCursor,
  runParams,
  WorkflowRunResponseSchema,
  WorkflowRunStatusSchema,
} from "./run-schema.ts";
import { summariseRuns } from "./run-summary.ts";
import { deleteRun } from "./run-verbs.ts";

export const workflowRuns = createRouter();

const listRunsQuery = z.object({
  status: repeated(z.array(WorkflowRunStatusSchema).max(RUN_STATUSES.length)).openapi({
    description: "Only runs in this state. Repeat it for several.",
  }),
  suspended: z
    .enum(["true"])
    .optional()
    .openapi({ description: "Only suspended runs, which are PENDING until what they wait for has come." }),
  label: labelQuery(),
  batch: uuid().optional().openapi({ description: "Only runs of this batch." }),
  parent_run_id: uuid().optional().openapi({ description: "Only runs that this run has triggered: its children." }),
  workflow_definition_id: uuid().optional(),
  user_id: uuid().optional().openapi({ description: "Only runs that this user triggered." }),
  created_after: givenInstant().optional(),
  created_before: givenInstant().optional(),
  details: z
    .enum(["true"])
    .optional()
    .openapi({ description: "Adds `details` to the page: what the runs themselves do not say." }),
  cursor: givenCursor().optional().openapi({ description: "The `next_cursor` of the page before." }),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

/** The further conditions of a filter; undefined when there are none. */
function moreOf({ suspended, parent_run_id }: z.output<typeof listRunsQuery>): MoreConditions | undefined {
  if (suspended === undefined && parent_run_id === undefined) return undefined;
  return {
    ...(suspended !== undefined && { waits: ["suspended"] }),
    ...(parent_run_id !== undefined && { parent_run_id: parent_run_id.toLowerCase() }),
  };
}

const exampleDetails = {
  ...{ run_id: exampleRun.id, attempt: 1, started_at: exampleRun.started_at, priority: 0 },
  ...{ labels: { customer: "4711" }, suspended_at: null, child_key: null },
};

const ListedDetailsSchema = z
  .strictObject({
    run_id: uuid(),
    attempt: z.int(),
    started_at: instant().nullable().openapi({ description: "Null until the attempt starts." }),
    priority: priority(),
    labels: labelsOfRun(),
    suspended_at: instant().nullable().openapi({ description: "Since when it is suspended; null unless it is." }),
    child_key: z
      .string()
      .nullable()
      .openapi({ description: "Its key among the children of the run that has triggered it; null when no run has." }),
  })
  .openapi("ListedRunDetails", { example: exampleDetails });

const RunPageSchema = z
  .strictObject({
    items: z.array(WorkflowRunResponseSchema),
    details: z
      .array(ListedDetailsSchema)
      .optional()
      .openapi({ description: "Only with `details=true`: of each item, in their order." }),
    next_cursor: z.string().nullable().openapi({ description: "The cursor of the next page; null on the last page." }),
  })
  .openapi("WorkflowRunPage", { example: { items: [exampleRun], next_cursor: null } });

const listTenantRuns = callerRead({
  path: "/v1/workflow-runs",
  operationId: "list_tenant_workflow_runs",
  tags: ["Workflow runs"],
  summary: "List all runs",
  description:
    "Newest first. " +
    "All runs that you may see, over all workflows. It has a cursor, so the last page is as fast as the first. With `label`, at most " +
    "10,000 runs are looked at for a page, so a page may have fewer runs than `limit`, or none, although there is a `next_cursor`.",
  request: { query: listRunsQuery },
  responses: { 200: json("One page of runs", RunPageSchema) },
});

workflowRuns.openapi(listTenantRuns, async (c) => {
  const query = c.req.valid("query");
  const withDetails = query.details !== undefined;
  const { runs, details, next } = await listRuns(c.env.db, c.var.credential, {
    filter: {
      statuses: [...new Set(query.status)],
      definitionId: query.workflow_definition_id,
      userId: query.user_id,
      createdAfter: query.created_after,
      createdBefore: query.created_before,
      labels: query.label ?? [],
      batchId: query.batch,
      more: moreOf(query),
    },
    cursor: query.cursor,
    limit: query.limit,
    withDetails,
  });
  return c.json({ items: runs, ...(withDetails && { details }), next_cursor: next && formatCursor(next) }, 200);
});

const seconds = () => z.number().nullable();

const RunSummarySchema = z
  .strictObject({
    pending: z.int(),
    running: z.int(),
    completed: z.int().openapi({ description: "Ended within the window." }),
    failed: z.int().openapi({ description: "Ended within the window." }),
    oldest_pending_seconds: seconds().openapi({
      description: "Since the PENDING run that has waited longest was created.",
    }),
    overdue: z
      .int()
      .openapi({ description: "Past their end, which no sweep has recorded yet. Readers already see them as FAILED." }),
    duration_p50_seconds: seconds().openapi({ description: "Of the COMPLETED runs of the window, from start to end." }),
    duration_p95_seconds: seconds(),
    time_out_lag_p50_seconds: seconds().openapi({ description: "From a deadline to the sweep that recorded it." }),
    time_out_lag_max_seconds: seconds(),
  })
  .openapi("WorkflowRunSummary", {
    example: {
      pending: 2,
      running: 1,
      completed: 40,
      failed: 3,
      oldest_pending_seconds: 75.2,
      overdue: 0,
      duration_p50_seconds: 31.5,
      duration_p95_seconds: 120.1,
      time_out_lag_p50_seconds: 28.9,
      time_out_lag_max_seconds: 59.3,
    },
  });

const summariseTenantRuns = callerRead({
  path: "/v1/workflow-runs/summary",
  operationId: "summarise_workflow_runs",
  tags: ["Workflow runs"],
  summary: "Summarise runs",
  description:
    "How many runs wait, run and have ended, and how long they take. " +
    "Of the runs that the caller may see: those that wait and run now, and those that have ended within the window.",
  request: {
    query: z.object({
      window_seconds: z.coerce
        .number()
        .int()
        .min(60)
        .max(30 * 86_400)
        .default(86_400)
        .openapi({ description: "How far back ended runs are counted; by default, one day." }),
      label: labelQuery(),
    }),
  },
  responses: { 200: json("The summary", RunSummarySchema) },
});

workflowRuns.openapi(summariseTenantRuns, async (c) => {
  const { window_seconds: windowSeconds, label = [] } = c.req.valid("query");
  const summary = await summariseRuns(c.env.db, c.var.credential, { windowSeconds, labels: label });
  return c.json(summary, 200);
});

/** The headers with the position of a PENDING run in its queue. */
const queueHeaders = {
  "X-Queue-Position": {
    schema: { type: "integer" },
    description:
      "Only for a PENDING run that has joined the queue: 1 when it is next. It is counted to 1,000: 1001 stands for every place behind that.",
  },
  "X-Blocked-By-Run": {
    schema: { type: "string", format: "uuid" },
    description: "Only for a PENDING run behind another that you may see: the run in its way that ends first.",
  },
} as const;

const getRun = callerRead({
  path: "/v1/workflow-runs/{run_id}",
  operationId: "get_workflow_run",
  tags: ["Workflow runs"],
  summary: "Get a run",
  description:
    "The current state of the run. A run whose deadline has passed is FAILED from that instant on. " +
    "Send the `ETag` of the last answer as `If-None-Match` to get 304 while nothing has changed. " +
    "With `Prefer: wait=30` the answer comes as soon as the run has ended or was suspended, or with `If-None-Match` as soon as it has " +
    "changed, but after 30 seconds at the latest.",
  request: { params: runParams, headers: z.object({ Prefer: z.string().optional().openapi(PREFER) }) },
  problems: ["not_found"],
  responses: {
    200: {
      description: "The run",
      headers: { ...queueHeaders, ...preferenceApplied },
      content: jsonContent(WorkflowRunResponseSchema),
    },
  },
});

workflowRuns.openapi(getRun, async (c) => {
  const found = await findRunOrWait(c, c.req.valid("param").run_id);
  const { run, etag, queue_position, blocked_by } = found;
  if (run === null) throw new Problem("not_found", NO_RUN);
  c.header("ETag", `"${etag}"`);
  if (queue_position) c.header("X-Queue-Position", String(queue_position));
  if (blocked_by) c.header("X-Blocked-By-Run", blocked_by);
  return c.json(run, 200);
});

const listEvents = callerRead({
  path: "/v1/workflow-runs/{run_id}/events",
  operationId: "list_workflow_run_events",
  tags: ["Workflow runs"],
  summary: "List events of a run",
  description:
    "Oldest first. " +
    "What has happened to the run, in all of its attempts. The stream of the run sends the same events as they happen.",
  request: { params: runParams, query: pageQuery },
  problems: ["not_found"],
  responses: {
    200: json(
      "One page of the timeline",
      paginated("PaginatedResponse_WorkflowRunEvent_", RunEventSchema, exampleEvent),
    ),
  },
});

workflowRuns.openapi(listEvents, async (c) => {
  const page = c.req.valid("query");
  const found = await listRunEvents(c.env.db, c.var.credential, { runId: c.req.valid("param").run_id, ...page });
  if (found === null) throw new Problem("not_found", NO_RUN);
  return c.json({ items: found.events, total: found.total, ...page }, 200);
});

const deleteRoute = callerWrite({
  method: "delete",
  path: "/v1/workflow-runs/{run_id}",
  operationId: "delete_workflow_run",
  scope: "run",
  tags: ["Workflow runs"],
  summary: "Delete a run",
  description: "With its events. A RUNNING run cannot be deleted: stop it first.",
  request: { params: runParams },
  problems: ["forbidden", "not_found", "conflict"],
  responses: { 204: { description: "Deleted" } },
});

workflowRuns.openapi(deleteRoute, async (c) => {
  await perform(c.var.services, deleteRun, c.req.valid("param").run_id);
  return c.body(null, 204);
});
