/** The schemas of triggers and firings in the API. */
import { z } from "@hono/zod-openapi";
import { FIRING_CAUSES, FIRING_OUTCOMES, TRIGGER_KINDS, WHEN_BUSY } from "../db/enums.ts";
import { givenInstant, instant, line, orNull, text, uuid } from "../http/schemas.ts";
import { givenLabels, LABELS_OBJECT, labelsOfRun } from "../runs/labels.ts";
import { InvokeWorkflowRequestSchema } from "../runs/workflow-definition-runs-routes.ts";
import { checkSchedule } from "./schedule/check-schedule.ts";
import { CATCH_UPS } from "./schedule/schedule.ts";

const TRIGGER_ID = "01920000-0000-7000-8000-000000000a01";
const RUN_ID = "01920000-0000-7000-8000-000000000403";

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

export const TriggerRequestSchema = z
  .strictObject({
    name: line(100),
    kind: kind(),
    schedule: GivenScheduleSchema,
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
  })
  .openapi("TriggerRequest", { example: exampleRequest });

export const exampleTrigger = {
  id: TRIGGER_ID,
  workflow_definition_id: "01920000-0000-7000-8000-000000000301",
  user_id: "01920000-0000-7000-8000-000000000201",
  ...exampleRequest,
  schedule: exampleSchedule,
  concurrency_key: null,
  is_active: true,
  next_at: "2026-02-02T05:00:00.000Z",
  paused_at: null,
  pause_note: null,
  created_at: "2026-01-31T12:00:00.000Z",
  updated_at: "2026-01-31T12:00:00.000Z",
};

export const TriggerSchema = z
  .strictObject({
    id: uuid(),
    workflow_definition_id: uuid(),
    user_id: uuid().openapi({ description: "Who made it or changed it last. It fires with the rights of this user." }),
    name: z.string(),
    kind: kind(),
    schedule: ScheduleSchema,
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
  })
  .openapi("Trigger", { example: exampleTrigger });

const exampleFiring = {
  id: "01920000-0000-7000-8000-000000000b01",
  trigger_id: TRIGGER_ID,
  at: "2026-02-02T05:00:00.041Z",
  outcome: "FIRED" as const,
  cause: "schedule" as const,
  scheduled_at: "2026-02-02T05:00:00.000Z",
  scheduled_until: null,
  count: 1,
  late_ms: 41,
  run_id: RUN_ID,
  reason: null,
  detail: null,
  user_id: null,
};

const FiringOutcomeSchema = z.enum(FIRING_OUTCOMES).openapi("FiringOutcome");

export const FiringSchema = z
  .strictObject({
    id: uuid(),
    trigger_id: uuid(),
    at: instant().openapi({ description: "When it was recorded." }),
    outcome: FiringOutcomeSchema,
    cause: z.enum(FIRING_CAUSES).openapi({ description: "Its schedule, a person (`hand`), or a `backfill`." }),
    scheduled_at: instant()
      .nullable()
      .openapi({ description: "The instant of the schedule. Null when it was fired by hand." }),
    scheduled_until: instant().nullable().openapi({
      description: "When several instants in a row were MISSED: the last of them. `scheduled_at` is the first.",
    }),
    count: z.int().openapi({ description: "How many instants in a row were MISSED; otherwise 1." }),
    late_ms: z.number().nullable().openapi({ description: "How much later than due it fired, in milliseconds." }),
    run_id: uuid().nullable().openapi({ description: "FIRED: its run. SKIPPED: the run that was in the way." }),
    reason: z
      .string()
      .nullable()
      .openapi({
        description:
          "Why it did not fire. MISSED: `paused` or `late`. REFUSED: `user_deactivated`, `rights`, `paused`, `no_runner`, `path_parts`, " +
          "`no_key`, `queue_full`, `several_slots` or `snapshot_too_large`.",
      }),
    detail: z.record(z.string(), z.unknown()).nullable(),
    user_id: uuid().nullable().openapi({ description: "Who fired it by hand, or asked for the backfill." }),
  })
  .openapi("TriggerFiring", { example: exampleFiring });

export const FiringPageSchema = z
  .strictObject({
    items: z.array(FiringSchema),
    next_cursor: z.string().nullable().openapi({ description: "The cursor of the next page; null on the last page." }),
  })
  .openapi("TriggerFiringPage", { example: { items: [exampleFiring], next_cursor: null } });

export const PauseTriggerRequestSchema = z
  .strictObject({
    note: text({ max: 1000 })
      .nullish()
      .openapi({ type: ["string", "null"], description: "Why, for those who find it paused." }),
  })
  .openapi("PauseTriggerRequest", { example: { note: "Until the new runner is ready" } });

export const triggerParams = z.object({ trigger_id: uuid().openapi({ example: TRIGGER_ID }) });

/** How many instants an answer has, and how many a backfill fires, at most. */
export const MAX_OCCURRENCES = 500;

export const OccurrencesSchema = z
  .strictObject({ items: z.array(z.strictObject({ at: instant() })).max(MAX_OCCURRENCES) })
  .openapi("TriggerOccurrences", { example: { items: [{ at: "2026-02-02T05:00:00.000Z" }] } });

export const BackfillRequestSchema = z
  .strictObject({
    from: givenInstant().openapi({ description: "The first instant may be this one." }),
    to: givenInstant().openapi({ description: "All instants are before it. Not in the future." }),
    dry_run: z.boolean().default(false).openapi({ description: "True fires nothing, and says what it would fire." }),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ["to"], message: "Must be after `from`." })
  .openapi("TriggerBackfillRequest", {
    example: { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z", dry_run: true },
  });

export const BackfillSchema = z
  .strictObject({
    items: z.array(z.strictObject({ at: instant() })).openapi({
      description: "The instants of the range that have not fired before.",
    }),
    fired: z.int().openapi({ description: "How many of them have fired now: the first ones." }),
    refused: orNull(FiringSchema).openapi({
      description: "The firing that was refused; the instants after it were not tried.",
    }),
  })
  .openapi("TriggerBackfill", {
    example: { items: [{ at: "2026-01-05T05:00:00.000Z" }], fired: 1, refused: null },
  });
