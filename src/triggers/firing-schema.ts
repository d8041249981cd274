/** The schemas of firings in the API, and of the instants of a schedule. */
import { z } from "@hono/zod-openapi";
import { FIRING_CAUSES, FIRING_OUTCOMES } from "../db/enums.ts";
import { givenInstant, instant, orNull, uuid } from "../http/schemas.ts";

export const TRIGGER_ID = "01920000-0000-7000-8000-000000000a01";
const RUN_ID = "01920000-0000-7000-8000-000000000403";

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
  of_run_id: null,
  of_attempt: null,
  reason: null,
  detail: null,
  user_id: null,
  delivery_id: null,
};

export const FiringOutcomeSchema = z.enum(FIRING_OUTCOMES).openapi("FiringOutcome");

export const FiringSchema = z
  .strictObject({
    id: uuid(),
    trigger_id: uuid(),
    at: instant().openapi({ description: "When it was recorded." }),
    outcome: FiringOutcomeSchema,
    cause: z.enum(FIRING_CAUSES).openapi({
      description: "Its schedule, a person (`hand`), a `backfill`, the message of a `webhook`, or the end of a `run`.",
    }),
    scheduled_at: instant()
      .nullable()
      .openapi({
        description:
          "The instant of the schedule. Null when it was fired by hand, by a message or after a run. Of messages and ends of runs during a pause: " +
          "when the first came.",
      }),
    scheduled_until: instant().nullable().openapi({
      description:
        "When several instants, messages or ends of runs in a row were MISSED: the last of them. `scheduled_at` is the first.",
    }),
    count: z
      .int()
      .openapi({ description: "How many instants, messages or ends of runs in a row were MISSED; otherwise 1." }),
    late_ms: z.number().nullable().openapi({ description: "How much later than due it fired, in milliseconds." }),
    run_id: uuid().nullable().openapi({
      description:
        "FIRED: its run, or the one that got its signal; null while the signal is kept. SKIPPED: the run that was in the way.",
    }),
    of_run_id: uuid().nullable().openapi({
      description: "The run whose end made it fire. When several ends in a row were MISSED: the last one.",
    }),
    of_attempt: z.int().nullable().openapi({ description: "The attempt of that run." }),
    reason: z
      .string()
      .nullable()
      .openapi({
        description:
          "Why it did not fire. MISSED: `paused` or `late`. REFUSED: `user_deactivated`, `rights`, `paused`, `no_runner`, `path_parts`, " +
          "`input_invalid` (`detail` has the faults), `no_key`, `queue_full`, `cap_reached`, `several_slots` or `snapshot_too_large`; of a message also `body_unusable` or `input_too_large`, and of a signal `no_correlation` or `too_many_signals`; after a " +
          "run also `of_rights`, `of_deleted`, `depth`, `descendants` or `input_too_large`.",
      }),
    detail: z.record(z.string(), z.unknown()).nullable().openapi({
      description:
        "What else explains why it did not fire. FIRED by a message that is a signal: its `signal` and `correlation`.",
    }),
    user_id: uuid().nullable().openapi({ description: "Who fired it by hand, or asked for the backfill." }),
    delivery_id: z.string().nullable().openapi({
      description:
        "The id that the sender has given the message. One that has fired does not fire again within seven days.",
    }),
  })
  .openapi("TriggerFiring", { example: exampleFiring });

export const FiringPageSchema = z
  .strictObject({
    items: z.array(FiringSchema),
    next_cursor: z.string().nullable().openapi({ description: "The cursor of the next page; null on the last page." }),
  })
  .openapi("TriggerFiringPage", { example: { items: [exampleFiring], next_cursor: null } });

/** How many instants an answer has, and how many a backfill fires, at most. */
export const MAX_OCCURRENCES = 500;

export const OccurrencesSchema = z
  .strictObject({
    items: z.array(z.strictObject({ at: instant() })).max(MAX_OCCURRENCES),
    time_zone_data: z
      .string()
      .nullable()
      .openapi({
        description:
          "The release of the IANA time-zone data by which they were computed: the newest whose changes the runtime has, as far as the service " +
          "can tell them apart. Null when that is older than 2025a.",
      }),
  })
  .openapi("TriggerOccurrences", {
    example: { items: [{ at: "2026-02-02T05:00:00.000Z" }], time_zone_data: "2026c" },
  });

/** The schedule is computed for this long: see `instantsAfter`. */
const MOST_BACKFILL_YEARS = 10;

/** An end of a backfill that is too late would leave out instants without a word. */
function isTooLong({ from, to }: { from: string; to: string }): boolean {
  const end = new Date(from);
  end.setUTCFullYear(end.getUTCFullYear() + MOST_BACKFILL_YEARS);
  return Date.parse(to) > end.getTime();
}

export const BackfillRequestSchema = z
  .strictObject({
    from: givenInstant().openapi({ description: "The first instant may be this one." }),
    to: givenInstant().openapi({
      description: `All instants are before it. Not in the future, and at most ${MOST_BACKFILL_YEARS} years after \`from\`.`,
    }),
    dry_run: z.boolean().default(false).openapi({ description: "True fires nothing, and says what it would fire." }),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ["to"], message: "Must be after `from`." })
  .refine((range) => !isTooLong(range), {
    path: ["to"],
    message: `Must be at most ${MOST_BACKFILL_YEARS} years after \`from\`. Send a shorter range, then the next.`,
  })
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
    example: { items: [{ at: "2026-01-05T05:00:00.000Z" }], fired: 0, refused: null },
  });
