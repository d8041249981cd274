/** The webhooks that the service sends, in the OpenAPI document: to runners, and to notification endpoints. */
import { z } from "@hono/zod-openapi";
import { FAILURE_CODES, NOTIFICATION_TURNS, type NotifiedEvent, RUN_STATUSES } from "../db/enums.ts";
import { instant, orNull, uuid } from "../http/schemas.ts";
import { labelsOfRun } from "../runs/labels.ts";
import { exampleRun, WorkflowRunSnapshotSchema } from "../runs/run-schema.ts";
import { ResumeSchema } from "../runs/suspensions/suspension-schema.ts";
import { describeWebhook } from "./describe-webhook.ts";
import { TRIGGER_NOTIFICATIONS } from "./trigger-webhooks.ts";

const RUN_ID = "01920000-0000-7000-8000-000000000403";
const BATCH_ID = "01920000-0000-7000-8000-000000000701";
const DEFINITION_ID = "01920000-0000-7000-8000-000000000301";
const attempt = () => z.int().min(1);
const traceparent = () =>
  z
    .string()
    .optional()
    .openapi({ description: "The same as the header of this name: there only if the invoke had one." });

const runnerMessages = [
  describeWebhook(
    "runner",
    "workflow_run.dispatched",
    "The dispatch: a run for the runner to work on",
    z.strictObject({
      run_id: uuid(),
      attempt: attempt(),
      deadline_at: instant(),
      run_snapshot: WorkflowRunSnapshotSchema,
      input: z.record(z.string(), z.unknown()).nullable(),
      labels: labelsOfRun(),
      resume: ResumeSchema.optional(),
      scheduled_at: instant().optional().openapi({
        description: "The instant of the schedule that has triggered the run. Absent when none has.",
      }),
      previous_scheduled_at: instant().nullable().optional().openapi({
        description: "The instant before it for which a run was triggered; null for the first one.",
      }),
      callback_url: z.url(),
      callback_token: z.string(),
      traceparent: traceparent(),
    }),
    {
      run_id: RUN_ID,
      attempt: 1,
      deadline_at: "2026-01-31T12:05:00.000Z",
      run_snapshot: exampleRun.run_snapshot,
      input: { quarter: "2026-Q1" },
      labels: { customer: "4711" },
      callback_url: `https://service.example.com/v1/workflow-runs/${RUN_ID}/callback`,
      callback_token: "eyJhbGciOiJIUzI1NiIs…",
    },
  ),
  describeWebhook(
    "runner",
    "workflow_run.stopping",
    "The run must stop, and the runner has time to clean up",
    z.strictObject({ run_id: uuid(), attempt: attempt(), reason: z.string().nullable(), ends_at: instant() }),
    { run_id: RUN_ID, attempt: 1, reason: "Wrong quarter", ends_at: "2026-01-31T12:01:00.000Z" },
  ),
  describeWebhook(
    "runner",
    "workflow_run.stopped",
    "The run was stopped",
    z.strictObject({ run_id: uuid(), attempt: attempt(), reason: z.string().nullable() }),
    { run_id: RUN_ID, attempt: 1, reason: "Wrong quarter" },
  ),
  describeWebhook(
    "runner",
    "runner.test",
    "A test message, which asks for no work",
    z.strictObject({ workflow_definition_id: uuid() }),
    { workflow_definition_id: DEFINITION_ID },
  ),
];

const workflowName = () => z.string().openapi({ description: "The name of the workflow when the run was triggered." });

const links = {
  url: z.url().openapi({ description: "Where a program can read the run." }),
  dashboard_url: z.url().openapi({ description: "The page of the run, for people." }),
};

const runData = {
  event_id: z.string().openapi({ description: "The id of the event, the same as in the feed and in `webhook-id`." }),
  run_id: uuid(),
  workflow_definition_id: uuid(),
  workflow_name: workflowName(),
  attempt: attempt(),
  status: z.enum(RUN_STATUSES),
  failure_code: orNull(z.enum(FAILURE_CODES)),
  error: z.string().nullable().openapi({
    description: "Why it FAILED, as a sentence, or the error that its runner reported: at most 2,000 characters.",
  }),
  created_at: instant(),
  started_at: instant().nullable(),
  completed_at: instant().nullable(),
  labels: labelsOfRun(),
  traceparent: traceparent(),
  turn: z
    .enum(NOTIFICATION_TURNS)
    .optional()
    .openapi({ description: "Which turn the end is. Present only for an endpoint that asks for turns: `on`." }),
  ...links,
};

const EXAMPLE_LINKS = {
  url: `https://service.example.com/v1/workflow-runs/${RUN_ID}`,
  dashboard_url: `https://service.example.com/app/runs/${RUN_ID}`,
};

const exampleRunData = {
  event_id: "4711",
  run_id: RUN_ID,
  workflow_definition_id: DEFINITION_ID,
  workflow_name: "Quarterly report",
  attempt: 1,
  status: "COMPLETED" as const,
  failure_code: null,
  error: null,
  created_at: "2026-01-31T11:59:59.000Z",
  started_at: "2026-01-31T11:59:59.100Z",
  completed_at: "2026-01-31T12:00:00.123Z",
  labels: { customer: "4711" },
  ...EXAMPLE_LINKS,
};

const FAILURE = {
  status: "FAILED" as const,
  failure_code: "DEADLINE" as const,
  error: "Timed out: no result arrived within 300 seconds of the start.",
};

const aboutRun = (type: NotifiedEvent, summary: string, example: Partial<z.input<z.ZodObject<typeof runData>>> = {}) =>
  describeWebhook("endpoint", type, summary, z.strictObject(runData), { ...exampleRunData, ...example });

const notifications = [
  aboutRun("workflow_run.started", "A run has started", { status: "RUNNING", completed_at: null }),
  describeWebhook(
    "endpoint",
    "workflow_run.suspended",
    "A run was suspended, until an answer or an instant has come",
    z.strictObject({
      ...runData,
      suspension: z.strictObject({
        keys: z.array(z.string()).openapi({ description: "Of what it waits for." }),
        ends_at: instant().openapi({ description: "When the time is over in which this must come." }),
        prompt: z.string().nullable().openapi({
          description: "The first of its open questions, of at most 500 characters. Null when it has none.",
        }),
      }),
    }),
    {
      ...{ ...exampleRunData, status: "PENDING" as const, attempt: 2, started_at: null, completed_at: null },
      suspension: { keys: ["approve"], ends_at: "2026-02-03T12:00:00.000Z", prompt: "Pay invoice 4711, 1,200 €?" },
    },
  ),
  aboutRun("workflow_run.completed", "A run has completed"),
  aboutRun("workflow_run.failed", "A run has failed, for the reason that `failure_code` names", FAILURE),
  describeWebhook(
    "endpoint",
    "workflow_run.late_result",
    "A result came after the run had ended",
    z.strictObject({ ...runData, reported_status: z.enum(["COMPLETED", "FAILED"]) }),
    { ...exampleRunData, ...FAILURE, reported_status: "COMPLETED" },
  ),
  describeWebhook(
    "endpoint",
    "run_batch.ended",
    "No run of a batch waits or runs any more",
    z.strictObject({
      event_id: z.string(),
      batch_id: uuid(),
      workflow_definition_id: uuid(),
      workflow_name: workflowName(),
      run_count: z.int(),
      completed: z.int(),
      failed: z.int(),
      deleted: z.int(),
      created_at: instant(),
      ended_at: instant(),
      url: z.url().openapi({ description: "Where a program can read the batch." }),
      dashboard_url: z.url().openapi({ description: "The page of the batch, for people." }),
    }),
    {
      event_id: "4714",
      batch_id: BATCH_ID,
      workflow_definition_id: DEFINITION_ID,
      workflow_name: "Quarterly report",
      run_count: 200,
      completed: 197,
      failed: 2,
      deleted: 1,
      created_at: "2026-01-31T11:59:59.000Z",
      ended_at: "2026-01-31T12:30:00.123Z",
      url: `https://service.example.com/v1/run-batches/${BATCH_ID}`,
      dashboard_url: `https://service.example.com/app/batches/${BATCH_ID}`,
    },
  ),
  describeWebhook(
    "endpoint",
    "workflow_definition.paused",
    "A workflow was paused, since its runner has answered 410",
    z.strictObject({
      event_id: z.string(),
      workflow_definition_id: uuid(),
      workflow_name: workflowName(),
      run_id: uuid(),
      attempt: attempt(),
      ...links,
    }),
    {
      event_id: "4712",
      workflow_definition_id: DEFINITION_ID,
      workflow_name: "Quarterly report",
      run_id: RUN_ID,
      attempt: 1,
      ...EXAMPLE_LINKS,
    },
  ),
  ...TRIGGER_NOTIFICATIONS,
  describeWebhook(
    "endpoint",
    "notification_endpoint.disabled",
    "Another endpoint was disabled, since it is gone or has failed for five days",
    z.strictObject({ event_id: z.string(), endpoint_id: uuid(), server: z.string(), reason: z.string() }),
    {
      event_id: "4713",
      endpoint_id: "01920000-0000-7000-8000-000000000901",
      server: "https://hooks.example.com",
      reason: "It answered 410: it is gone for good.",
    },
  ),
  describeWebhook(
    "endpoint",
    "notification_endpoint.test",
    "A test that a person has requested",
    z.strictObject({ event_id: z.string(), endpoint_id: uuid() }),
    { event_id: "9d3bd0d2-4f3f-4c42-9f0b-3a8ad4a0a6c1", endpoint_id: "01920000-0000-7000-8000-000000000901" },
  ),
];

/** All webhooks, in the form that the app's registry needs. */
export const WEBHOOKS = [...runnerMessages, ...notifications];
