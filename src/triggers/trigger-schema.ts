/** The schemas of triggers in the API. */
import { z } from "@hono/zod-openapi";
import { TRIGGER_KINDS, type TriggerKind, WHEN_BUSY } from "../db/enums.ts";
import { givenInstant, instant, line, orNull, text, uuid } from "../http/schemas.ts";
import { givenLabels, LABELS_OBJECT, labelsOfRun, MAX_LABELS } from "../runs/labels.ts";
import { InvokeWorkflowRequestSchema } from "../runs/workflow-definition-runs-routes.ts";
import { TRIGGER_ID } from "./firing-schema.ts";
import {
  exampleWebhook,
  GivenWebhookSchema,
  givenSecret,
  secretFault,
  secretOnce,
  WebhookSchema,
} from "./inbound/webhook-schema.ts";
import { checkSchedule } from "./schedule/check-schedule.ts";
import { CATCH_UPS } from "./schedule/schedule.ts";

const MAX_JITTER_SECONDS = 3_600;
const MAX_WINDOW_SECONDS = 30 * 86_400;

const exampleSchedule = {
  cron: "0 6 * * 1-5",
  at: null,
  time_zone: "Europe/Berlin",
  starts_at: null,
  ends_at: null,
  jitter_seconds: 0,
  catch_up: "last" as const,
  catch_up_window_seconds: 86_400,
};

const scheduleFields = {
  cron: text({ max: 100 })
    .nullable()
    .openapi({
      description:
        "Five fields: minute, hour, day of the month, month, day of the week, with names, lists, ranges and steps. `null` when " +
        "`at` is given.",
      example: "0 6 * * 1-5",
    }),
  at: text({ max: 40 }).nullable().openapi({
    description:
      "Once: a local time such as `2030-03-01T06:00`, or an instant with its offset. `null` when `cron` is given.",
  }),
  time_zone: text({ min: 1, max: 64 }).openapi({
    description: "The name of a time zone in the IANA database. It has no default: nobody means UTC by accident.",
    example: "Europe/Berlin",
  }),
  jitter_seconds: z.int().min(0).max(MAX_JITTER_SECONDS).openapi({
    description:
      "Each firing is up to this much later, but not later than the next. An instant always has the same jitter.",
  }),
  catch_up: z.enum(CATCH_UPS).openapi({
    description:
      "After an outage, `last` fires the last instant that was missed, late. Those before it, and with `none` all of them, are recorded " +
      "as MISSED.",
  }),
  catch_up_window_seconds: z.int().min(0).max(MAX_WINDOW_SECONDS).openapi({
    description: "What is later than this is not caught up.",
  }),
};

const GivenScheduleSchema = z
  .strictObject({
    cron: scheduleFields.cron.default(null),
    at: scheduleFields.at.default(null),
    time_zone: scheduleFields.time_zone,
    starts_at: givenInstant()
      .nullable()
      .default(null)
      .openapi({
        type: ["string", "null"],
        format: "date-time",
        description: "There are no instants before it.",
      }),
    ends_at: givenInstant()
      .nullable()
      .default(null)
      .openapi({
        type: ["string", "null"],
        format: "date-time",
        description: "All instants are before it.",
      }),
    jitter_seconds: scheduleFields.jitter_seconds.default(0),
    catch_up: scheduleFields.catch_up.default("last"),
    catch_up_window_seconds: scheduleFields.catch_up_window_seconds.default(86_400),
  })
  .superRefine((schedule, context) => {
    for (const { field, msg } of checkSchedule(schedule)) {
      context.addIssue({ code: "custom", path: [field], message: msg, input: schedule[field] });
    }
  })
  .openapi("GivenSchedule", { example: { cron: "0 6 * * 1-5", time_zone: "Europe/Berlin" } });

const ScheduleSchema = z
  .strictObject({ ...scheduleFields, starts_at: instant().nullable(), ends_at: instant().nullable() })
  .openapi("Schedule", { example: exampleSchedule });

const kind = () => z.enum(TRIGGER_KINDS).openapi("TriggerKind");

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
  input: input.openapi({
    type: ["object", "null"],
    additionalProperties: true,
    description: "What each run gets, as with an invoke.",
  }),
  labels: givenLabels()
    .nullish()
    .openapi({ type: ["object", "null"], ...LABELS_OBJECT, description: "The labels of each run." }),
  concurrency_key: concurrency_key.openapi({ description: "The concurrency key of each run, as with an invoke." }),
  when_busy: when_busy.default(null),
  is_active: z.boolean().default(true).openapi({ description: "False pauses it." }),
};

/** What the fields of a request must be together: there is the one that its kind is named after, and no other of these. */
function checkTogether(
  {
    kind: given,
    ...fields
  }: { kind: TriggerKind; labels?: object | null | undefined } & Record<TriggerKind, object | null>,
  context: z.RefinementCtx,
): void {
  for (const name of TRIGGER_KINDS) {
    if ((fields[name] !== null) === (name === given)) continue;
    const message = name === given ? `The kind ${given} needs it.` : `The kind ${given} does not have it.`;
    context.addIssue({ code: "custom", path: [name], message });
  }
  const from = fields.webhook !== null && "labels_from" in fields.webhook ? fields.webhook.labels_from : null;
  const labels = new Set([...Object.keys(fields.labels ?? {}), ...Object.keys(from ?? {})]);
  if (labels.size > MAX_LABELS) {
    const message = `Must be at most ${MAX_LABELS} labels, together with \`labels\`.`;
    context.addIssue({ code: "custom", path: ["webhook", "labels_from"], message });
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
  concurrency_key: null,
  is_active: true,
  next_at: "2026-02-02T05:00:00.000Z",
  paused_at: null,
  pause_note: null,
  created_at: "2026-01-31T12:00:00.000Z",
  updated_at: "2026-01-31T12:00:00.000Z",
};

const shownFields = {
  id: uuid(),
  workflow_definition_id: uuid(),
  user_id: uuid().openapi({ description: "Who made it or changed it last. It fires with the rights of this user." }),
  name: z.string(),
  kind: kind(),
  schedule: orNull(ScheduleSchema),
  webhook: orNull(WebhookSchema),
  input: z.record(z.string(), z.unknown()).nullable(),
  labels: labelsOfRun(),
  concurrency_key: z.string().nullable(),
  when_busy,
  is_active: z.boolean().openapi({ description: "False while it is paused." }),
  next_at: instant().nullable().openapi({
    description: "The next instant of the schedule. Null when there is none, and for a moment after it was resumed.",
  }),
  paused_at: instant().nullable(),
  pause_note: z.string().nullable().openapi({ description: "Why it was paused, or why it has paused itself." }),
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
  .openapi("PauseTriggerRequest", { example: { note: "Until the new runner is ready" } });

export const triggerParams = z.object({ trigger_id: uuid().openapi({ example: TRIGGER_ID }) });
