/** The routes for details of a run: its attempt and progress, its input, its result, and why it waits. */
import { z } from "@hono/zod-openapi";
import { FAILURE_CODES } from "../../db/enums.ts";
import { PREFER, preferenceApplied } from "../../http/live/prefer.ts";
import { createRouter } from "../../http/router.ts";
import { callerRead } from "../../http/routes.ts";
import { instant, json, jsonContent, priority, uuid } from "../../http/schemas.ts";
import { runParams, WorkflowRunStatusSchema } from "../run-schema.ts";
import {
  concurrencyKey,
  DetailsSchema,
  linksOf,
  mustStartBy,
  queuePosition,
  startAfter,
  suspension,
} from "./details-schema.ts";
import { describeWait, EXPLAINED_REASONS, explainRun } from "./explain-run.ts";
import { findDetails } from "./find-details.ts";
import { findInput } from "./find-input.ts";
import { findResultOrWait } from "./find-result-or-wait.ts";
import { allArtifacts, WorkflowRunResultSchema } from "./result-schema.ts";

export const runDetails = createRouter();

const getDetails = callerRead({
  path: "/v1/workflow-runs/{run_id}/details",
  operationId: "get_workflow_run_details",
  tags: ["Workflow runs"],
  summary: "Get run details",
  description:
    "Attempt, progress, key, labels, batch, place in the queue, instants and links. " +
    "What the run itself does not say, in a form for programs. To follow the progress without polling, read the run's stream.",
  request: { params: runParams },
  problems: ["not_found"],
  responses: { 200: json("The details", DetailsSchema) },
});

runDetails.openapi(getDetails, async (c) => {
  const { run_id: runId } = c.req.valid("param");
  const details = await findDetails(c.env.db, c.var.credential, runId);
  return c.json(
    {
      status: details.status,
      attempt: details.attempt,
      started_at: details.started_at,
      failure_code: details.failure_code,
      queue_position: details.queue_position,
      concurrency_key: details.concurrency_key,
      priority: details.priority,
      progress: details.progress,
      labels: details.labels,
      start_after: details.start_after,
      must_start_by: details.must_start_by,
      batch_id: details.batch_id,
      links: linksOf(c.env.config.publicUrl, runId.toLowerCase(), details.batch_id),
    },
    200,
  );
});

const InputSchema = z
  .strictObject({
    input: z
      .unknown()
      .openapi({ type: ["object", "null"], additionalProperties: true, description: "Null when none was given." }),
  })
  .openapi("WorkflowRunInput", { example: { input: { quarter: "2026-Q1" } } });

const getInput = callerRead({
  path: "/v1/workflow-runs/{run_id}/input",
  operationId: "get_workflow_run_input",
  tags: ["Workflow runs"],
  summary: "Get the input of a run",
  description: "The `input` of the invoke, frozen when the run was triggered. A retry has the same input.",
  request: { params: runParams },
  problems: ["not_found"],
  responses: { 200: json("The input", InputSchema) },
});

runDetails.openapi(getInput, async (c) => {
  const input = await findInput(c.env.db, c.var.credential, c.req.valid("param").run_id);
  return c.json({ input }, 200);
});

const getResult = callerRead({
  path: "/v1/workflow-runs/{run_id}/result",
  operationId: "get_workflow_run_result",
  tags: ["Workflow runs"],
  summary: "Get the result of a run",
  description:
    "Until the run has ended, only its `status` and `attempt` are set. With `Prefer: wait=N` the answer waits for the end.",
  request: { params: runParams, headers: z.object({ Prefer: z.string().optional().openapi(PREFER) }) },
  problems: ["not_found"],
  responses: {
    200: { description: "The result", headers: preferenceApplied, content: jsonContent(WorkflowRunResultSchema) },
  },
});

runDetails.openapi(getResult, async (c) => {
  const { run_id: runId } = c.req.valid("param");
  const result = await findResultOrWait(c, runId);
  return c.json(
    {
      status: result.status,
      failure_code: result.failure_code,
      error: result.error,
      output: result.output,
      summary: result.summary,
      artifacts: allArtifacts(result, { publicUrl: c.env.config.publicUrl, runId }),
      attempt: result.attempt,
    },
    200,
  );
});

const blocker = () => z.strictObject({ run_id: uuid(), deadline_at: instant() });

const ExplanationSchema = z
  .strictObject({
    message: z.string().openapi({ description: "The explanation in one sentence, for people." }),
    status: WorkflowRunStatusSchema,
    reason: z
      .enum(EXPLAINED_REASONS)
      .nullable()
      .openapi({
        description:
          "What the run waits for; null when it waits for nothing. suspended: what it has asked for has not come. paused: its workflow is paused. no_runner: its " +
          "workflow has no runner. delayed: its `start_after` has not come. back_off: it is tried again automatically, at `next_try_at` or later. no_runner_connected: its " +
          "workflow's runs are leased, and no runner is connected. key: as many runs with its concurrency key are RUNNING as " +
          "may be. slot: other runs have its workflow's slots, or wait before it. lease: a runner has to ask for it. stop: " +
          "it is RUNNING, and its runner has time to stop. dispatch: it is RUNNING, and no runner has taken it yet.",
      }),
    failure_code: z.enum(FAILURE_CODES).nullable(),
    error: z.string().nullable(),
    deadline_at: instant().nullable(),
    dispatched_at: instant().nullable().openapi({ description: "When a runner accepted it." }),
    queue_position: queuePosition(),
    priority: priority(),
    higher_before: z.int().nullable().openapi({
      description: "How many of the runs before it have a higher priority, up to 1,000. Null as `queue_position` is.",
    }),
    concurrency_key: concurrencyKey(),
    keys_take_turns: z
      .boolean()
      .openapi({ description: "True when the workflow's policy limits the runs of each key." }),
    keys_before: z
      .int()
      .nullable()
      .openapi({
        description:
          "When keys take turns: how many other keys that have room have their turn before the next one of its own key, up to 1,000. Null unless " +
          "it is in the queue.",
      }),
    blocked_by: blocker()
      .nullable()
      .openapi({ description: "The first of `blockers`: the run that has to end first." }),
    blockers: z.array(blocker()).openapi({
      description:
        "The runs in its way, of those that you may see: all that hold a slot when none is free, or those with its key when as " +
        "many of them are RUNNING as may be. The first to end comes first.",
    }),
    start_after: startAfter(),
    must_start_by: mustStartBy(),
    tries: z.int().nullable().openapi({ description: "How often the dispatch was tried, until a runner takes it." }),
    last_error: z.string().nullable().openapi({ description: "Why the last try failed." }),
    next_try_at: instant()
      .nullable()
      .openapi({ description: "When the dispatch is retried, or when the back-off of an automatic retry ends." }),
    suspension: suspension(),
    stop: z
      .strictObject({
        reason: z.string().nullable(),
        requested_at: instant(),
        acknowledged_at: instant().nullable().openapi({ description: "When the runner learned of the stop." }),
        ends_at: instant().openapi({ description: "When the run ends at the latest." }),
      })
      .nullable()
      .openapi({ description: "The requested stop of a RUNNING run whose runner has time to end its work." }),
    runners_connected: z
      .int()
      .nullable()
      .openapi({
        description:
          "How many runners that may lease this workflow's runs were active in the last minute; null unless its runs are leased. " +
          "Only 100 sessions are looked at, the newest of each key.",
      }),
    missing_tags: z.array(z.string()).openapi({
      description: "The tags that the workflow wants and because of which no connected runner may lease the run.",
    }),
    runner_last_seen_at: instant().nullable().openapi({
      description:
        "When a runner last accepted a run of this workflow, sent a heartbeat, asked for work, or reported a result.",
    }),
    durations: z.strictObject({ p50_seconds: z.number(), p95_seconds: z.number(), runs: z.int() }).nullable().openapi({
      description: "How long the workflow's latest runs took. Only runs whose runner reported a result are counted.",
    }),
    estimated_start_at: z.strictObject({ p50: instant(), p95: instant() }).nullable().openapi({
      description: "When the run will start, if all runs before it take that long. Null when these are 1,000 or more.",
    }),
  })
  .openapi("WorkflowRunExplanation", {
    example: {
      message:
        "It waits for its workflow's slot behind the run 01920000-0000-7000-8000-000000000402, which holds the slot: it is " +
        "next in the queue; it will probably start at about 2026-01-31T12:01:30.000Z.",
      status: "PENDING",
      reason: "slot",
      failure_code: null,
      error: null,
      deadline_at: null,
      dispatched_at: null,
      queue_position: 1,
      priority: 0,
      higher_before: 0,
      concurrency_key: null,
      keys_take_turns: false,
      keys_before: null,
      blocked_by: { run_id: "01920000-0000-7000-8000-000000000402", deadline_at: "2026-01-31T12:05:00.000Z" },
      blockers: [{ run_id: "01920000-0000-7000-8000-000000000402", deadline_at: "2026-01-31T12:05:00.000Z" }],
      start_after: null,
      must_start_by: null,
      tries: null,
      last_error: null,
      next_try_at: null,
      suspension: null,
      stop: null,
      runners_connected: null,
      missing_tags: [],
      runner_last_seen_at: "2026-01-31T12:00:00.412Z",
      durations: { p50_seconds: 90, p95_seconds: 180, runs: 40 },
      estimated_start_at: { p50: "2026-01-31T12:01:30.000Z", p95: "2026-01-31T12:03:00.000Z" },
    },
  });

const explain = callerRead({
  path: "/v1/workflow-runs/{run_id}/explain",
  operationId: "explain_workflow_run",
  tags: ["Workflow runs"],
  summary: "Explain why a run waits",
  description:
    "One sentence, and the facts. The facts about the runner and about durations are from the workflow's latest 100 runs.",
  request: { params: runParams },
  problems: ["not_found"],
  responses: { 200: json("The explanation", ExplanationSchema) },
});

runDetails.openapi(explain, async (c) => {
  const facts = await explainRun(c.env, c.var.credential, c.req.valid("param").run_id);
  return c.json(
    {
      message: describeWait(facts),
      status: facts.status,
      reason: facts.reason,
      failure_code: facts.failure_code,
      error: facts.error,
      deadline_at: facts.deadline_at,
      dispatched_at: facts.dispatched_at,
      queue_position: facts.queue_position,
      priority: facts.priority,
      higher_before: facts.higher_before,
      concurrency_key: facts.concurrency_key,
      keys_take_turns: facts.keys_take_turns,
      keys_before: facts.keys_before,
      blocked_by: facts.blocked_by,
      blockers: facts.blockers,
      start_after: facts.start_after,
      must_start_by: facts.must_start_by,
      tries: facts.tries,
      last_error: facts.last_error,
      next_try_at: facts.next_try_at,
      suspension: facts.suspension,
      stop: facts.stop,
      runners_connected: facts.runners_connected,
      missing_tags: facts.missing_tags,
      runner_last_seen_at: facts.runner_last_seen_at,
      durations: facts.durations,
      estimated_start_at: facts.estimated_start_at,
    },
    200,
  );
});
