/** The schemas of triggers in the API. */
import { z } from "@hono/zod-openapi";
import { TRIGGER_KINDS, type TriggerKind, WHEN_BUSY } from "../db/enums.ts";
import { instant, line, orNull, priority, text, uuid } from "../http/schemas.ts";
import { givenLabels, LABELS_OBJECT, labelsOfRun, MAX_LABELS } from "../runs/labels.ts";
import { InvokeWorkflowRequestSchema } from "../runs/workflow-definition-runs-routes.ts";
import { TRIGGER_ID } from "./firing-schema.ts";
import type { WebhookConfig } from "./inbound/receiver.ts";
import {
  exampleWebhook,
  GivenWebhookSchema,
  givenSecret,
  secretFault,
  secretOnce,
  WebhookSchema,
} from "./inbound/webhook-schema.ts";
import { INPUTS_FROM, RUN_ENDS } from "./run-trigger.ts";
import { exampleSchedule, GivenScheduleSchema, ScheduleSchema } from "./schedule/schedule-schema.ts";

const OF_ID = "01920000-0000-7000-8000-000000000302";

const runFields = {
  of: uuid().openapi({ description: "The id of a workflow: the trigger fires when a run of it ends.", example: OF_ID }),
  on: z.enum(RUN_ENDS).openapi({
    description:
      "`completed`: it fires after runs that are COMPLETED. `failed`: after those that are FAILED, for whatever reason, once no retry of the " +
      "policy follows. `ended`: after both.",
  }),
  input_from: z.enum(INPUTS_FROM).openapi({
    description:
      "What the new run gets. `fixed`: the `input` of the trigger. `output`: the output of the run that has ended, if it is an object; " +
      "otherwise null. `run`: `id`, `status`, `output` and `error` of that run.",
  }),
};

const GivenRunTriggerSchema = z
  .strictObject({ of: runFields.of, on: runFields.on, input_from: runFields.input_from.default("fixed") })
  .openapi("GivenRunTrigger", { example: { of: OF_ID, on: "completed", input_from: "output" } });

const RunTriggerSchema = z
  .strictObject(runFields)
  .openapi("RunTrigger", { example: { of: OF_ID, on: "completed", input_from: "output" } });

const kind = () =>
  z.enum(TRIGGER_KINDS).openapi("TriggerKind", {
    description:
      "`schedule`: it fires at instants. `webhook`: it fires when a signed message comes. `run`: it fires when a run of another workflow has ended.",
  });

const when_busy = z
  .enum(WHEN_BUSY)
  .nullable()
  .openapi({
    description:
      "What happens when as many runs are unfinished as may be RUNNING: of the workflow, or with `max_running_per_key` of the same key. " +
      "`queue`: the new run waits. `skip`: the trigger does not fire, and the firing is SKIPPED. `replace_queued` and `replace_running` do " +
      "what they do in the workflow's policy. `null`: what the policy says.",
  });

const exampleRequest = {
  name: "Every morning",
  kind: "schedule" as const,
  schedule: { cron: "0 6 * * 1-5", time_zone: "Europe/Berlin" },
  input: { quarter: "2026-Q1" },
  labels: { customer: "4711" },
  when_busy: "skip" as const,
};

const { input, concurrency_key } = InvokeWorkflowRequestSchema.shape;

const requestFields = {
  name: line(100),
  kind: kind(),
  schedule: orNull(GivenScheduleSchema).default(null),
  webhook: orNull(GivenWebhookSchema).default(null),
  run: orNull(GivenRunTriggerSchema).default(null),
  input: input.openapi({
    type: ["object", "null"],
    additionalProperties: true,
    description: "What each run gets, as with an invoke.",
  }),
  labels: givenLabels()
    .nullish()
    .openapi({ type: ["object", "null"], ...LABELS_OBJECT, description: "The labels of each run." }),
  concurrency_key: concurrency_key.openapi({ description: "The concurrency key of each run, as with an invoke." }),
  priority: priority().default(0).openapi({ description: "The priority of each run, as with an invoke." }),
  when_busy: when_busy.default(null),
  is_active: z.boolean().default(true).openapi({ description: "False pauses it." }),
};

/**
 * What the fields of a request must be together: there is the one that its kind is named after, and no other of these. With a signal there is
 * nothing that only a run has.
 */
function checkTogether(
  {
    kind: given,
    ...fields
  }: {
    kind: TriggerKind;
    webhook: WebhookConfig | null;
    labels?: object | null | undefined;
    concurrency_key?: unknown;
    priority: number;
    when_busy: unknown;
  } & Record<Exclude<TriggerKind, "webhook">, object | null>,
  context: z.RefinementCtx,
): void {
  for (const name of TRIGGER_KINDS) {
    if ((fields[name] !== null) === (name === given)) continue;
    if (name === given) context.addIssue({ code: "invalid_type", expected: "object", path: [name], input: undefined });
    else context.addIssue({ code: "custom", path: [name], message: `The kind ${given} does not have it.` });
  }
  const { webhook } = fields;
  const labels = { ...fields.labels, ...webhook?.labels_from };
  if (Object.keys(labels).length > MAX_LABELS) {
    const message = `Must be at most ${MAX_LABELS} labels, together with \`labels\`.`;
    context.addIssue({ code: "custom", path: ["webhook", "labels_from"], message });
  }
  if (!webhook?.signal) return;
  const ofRuns = {
    ...{ concurrency_key: fields.concurrency_key, priority: fields.priority, when_busy: fields.when_busy },
    labels: Object.keys(fields.labels ?? {}).length > 0,
    ...{ "webhook.key_from": webhook.key_from, "webhook.labels_from": webhook.labels_from },
  };
  for (const [name, value] of Object.entries(ofRuns)) {
    if (!value) continue;
    context.addIssue({
      code: "custom",
      path: name.split("."),
      message: "A signal has none, since it triggers no run.",
    });
  }
}

export const TriggerRequestSchema = z
  .strictObject(requestFields)
  .superRefine(checkTogether)
  .openapi("TriggerRequest", { example: exampleRequest });

export const CreateTriggerRequestSchema = z
  .strictObject({ ...requestFields, secret: givenSecret() })
  .superRefine((given, context) => {
    checkTogether(given, context);
    if (given.secret == null) return;
    const message = given.webhook === null ? "Only a webhook has it." : secretFault(given.webhook.scheme, given.secret);
    if (message !== null) context.addIssue({ code: "custom", path: ["secret"], message });
  })
  .openapi("CreateTriggerRequest", { example: exampleRequest });

export const exampleTrigger = {
  id: TRIGGER_ID,
  workflow_definition_id: "01920000-0000-7000-8000-000000000301",
  user_id: "01920000-0000-7000-8000-000000000201",
  ...exampleRequest,
  schedule: exampleSchedule,
  webhook: null,
  run: null,
  concurrency_key: null,
  priority: 0,
  is_active: true,
  next_at: "2026-02-02T05:00:00.000Z",
  paused_at: null,
  pause_note: null,
  paused_by: null,
  created_at: "2026-01-31T12:00:00.000Z",
  updated_at: "2026-01-31T12:00:00.000Z",
};

const PAUSER = { user_id: "01920000-0000-7000-8000-000000000201", name: "Ada Lovelace" };
const PAUSE_NOTE = "Until the new runner is ready";

export const pausedTrigger = {
  ...exampleTrigger,
  ...{
    is_active: false,
    next_at: null,
    paused_at: exampleTrigger.updated_at,
    pause_note: PAUSE_NOTE,
    paused_by: PAUSER,
  },
};

const shownFields = {
  id: uuid(),
  workflow_definition_id: uuid(),
  user_id: uuid().openapi({ description: "Who made it or changed it last. It fires with the rights of this user." }),
  name: z.string(),
  kind: kind(),
  schedule: orNull(ScheduleSchema),
  webhook: orNull(WebhookSchema),
  run: orNull(RunTriggerSchema),
  input: z.record(z.string(), z.unknown()).nullable(),
  labels: labelsOfRun(),
  concurrency_key: z.string().nullable(),
  priority: priority(),
  when_busy,
  is_active: z.boolean().openapi({ description: "False while it is paused." }),
  next_at: instant().nullable().openapi({
    description: "The next instant of the schedule. Null when there is none, and for a moment after it was resumed.",
  }),
  paused_at: instant().nullable(),
  pause_note: z.string().nullable().openapi({ description: "Why it was paused, or why it has paused itself." }),
  paused_by: orNull(
    z.strictObject({ user_id: uuid(), name: z.string() }).openapi("PausedBy", { example: PAUSER }),
  ).openapi({ description: "Who has paused it. Null while it is active, and when it has paused itself." }),
  created_at: instant(),
  updated_at: instant(),
};

export const TriggerSchema = z.strictObject(shownFields).openapi("Trigger", { example: exampleTrigger });

export const TriggerWithSecretSchema = z
  .strictObject({ ...shownFields, secret: secretOnce() })
  .openapi("TriggerWithSecret", {
    example: {
      ...exampleTrigger,
      kind: "webhook" as const,
      schedule: null,
      webhook: exampleWebhook,
      next_at: null,
      secret: "whsec_bG9jYWwtc3RhY2std2ViaG9vay1zZWNyZXQtMDEyMzQ=",
    },
  });

export const PauseTriggerRequestSchema = z
  .strictObject({
    note: text({ max: 1000 })
      .nullish()
      .openapi({ type: ["string", "null"], description: "Why, for those who find it paused." }),
  })
  .openapi("PauseTriggerRequest", { example: { note: PAUSE_NOTE } });

export const triggerParams = z.object({ trigger_id: uuid().openapi({ example: TRIGGER_ID }) });
