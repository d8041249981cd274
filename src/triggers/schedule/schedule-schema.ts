/** The schemas of schedules in the API. */
import { z } from "@hono/zod-openapi";
import { givenInstant, instant, text } from "../../http/schemas.ts";
import { checkSchedule } from "./check-schedule.ts";
import { CATCH_UPS } from "./schedule.ts";

const MAX_JITTER_SECONDS = 3_600;
const MAX_WINDOW_SECONDS = 30 * 86_400;

export const exampleSchedule = {
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
        "Five fields: minute, hour, day of the month, month, day of the week, with names, lists, ranges and steps. When neither of the two " +
        "fields of days has all days, it fires on the days of either. `null` when `at` is given.",
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

export const GivenScheduleSchema = z
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

export const ScheduleSchema = z
  .strictObject({ ...scheduleFields, starts_at: instant().nullable(), ends_at: instant().nullable() })
  .openapi("Schedule", { example: exampleSchedule });
