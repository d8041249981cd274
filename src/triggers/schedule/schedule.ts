/** A schedule: when a trigger fires by itself. All instants in this file's types are milliseconds since 1970, unless they are texts. */
import { z } from "zod";
import { parseCron } from "./cron.ts";
import { instantOf, instantsAfter } from "./instants.ts";
import { openZone, type Zone } from "./zone.ts";

/** What becomes of instants that were missed. none: nothing. last: the last of them fires late. */
export const CATCH_UPS = ["none", "last"] as const;

/** A schedule as it is stored and shown. `cron` or `at` is null. */
export const scheduleSchema = z.object({
  cron: z.string().nullable(),
  /** A local time of `time_zone`, or an instant with an offset. */
  at: z.string().nullable(),
  time_zone: z.string(),
  /** RFC 3339. The first instant, and the instant before which the last one is. */
  starts_at: z.string().nullable(),
  ends_at: z.string().nullable(),
  jitter_seconds: z.int(),
  catch_up: z.enum(CATCH_UPS),
  catch_up_window_seconds: z.int(),
});
export type Schedule = z.infer<typeof scheduleSchema>;

/** An instant of a schedule, and when it is due: later by the jitter. */
export type Occurrence = { at: number; dueAt: number };

const LOCAL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/;

/** The instant of `at`. "malformed" for a text that is neither a local time nor RFC 3339. */
export function resolveAt(at: string, zone: Zone): number | "malformed" | "skipped" | "repeated" {
  if (!LOCAL_TIME.test(at)) {
    const isInstant = z.iso.datetime({ offset: true }).safeParse(at).success;
    return isInstant ? Date.parse(at) : "malformed";
  }
  const local = Date.parse(`${at}Z`);
  // `Date.parse` may take the 30th of February for the 1st of March.
  if (Number.isNaN(local) || new Date(local).toISOString().slice(0, 16) !== at.slice(0, 16)) return "malformed";
  return instantOf(zone, local);
}

/**
 * The occurrences of a checked schedule after an instant, in order: of the next ten years, if it does not end earlier. The
 * jitter depends on the trigger and the instant, so an instant always has the same.
 */
export function* occurrencesAfter(schedule: Schedule, triggerId: string, after: number): Generator<Occurrence, void> {
  let last: number | undefined;
  const jitterMs = schedule.jitter_seconds * 1_000;
  // An occurrence is never due after the next one, so each is made when the next is known.
  for (const next of boundedInstants(schedule, after)) {
    if (last !== undefined)
      yield { at: last, dueAt: last + jitterOf(triggerId, last, Math.min(jitterMs, next - last)) };
    last = next;
  }
  if (last !== undefined) yield { at: last, dueAt: last + jitterOf(triggerId, last, jitterMs) };
}

function* boundedInstants(schedule: Schedule, after: number): Generator<number, void> {
  const startsAt = schedule.starts_at === null ? Number.NEGATIVE_INFINITY : Date.parse(schedule.starts_at);
  const endsAt = schedule.ends_at === null ? Number.POSITIVE_INFINITY : Date.parse(schedule.ends_at);
  for (const at of instantsOf(schedule, Math.max(after, startsAt - 1))) {
    if (at >= endsAt) return;
    yield at;
  }
}

function* instantsOf({ cron, at, time_zone: name }: Schedule, after: number): Generator<number, void> {
  const zone = openZone(name);
  if (zone === null) throw new Error(`There is no time zone ${name} any more.`);
  const parsed = cron === null ? null : parseCron(cron);
  if (parsed !== null) {
    yield* instantsAfter(parsed, zone, after);
  } else if (at !== null) {
    const once = resolveAt(at, zone);
    if (typeof once === "string") throw new Error(`The local time ${at} is ${once} in ${name} now.`);
    if (once > after) yield once;
  }
}

/** 0 or more, and less than `most` milliseconds. */
function jitterOf(triggerId: string, at: number, most: number): number {
  if (most === 0) return 0;
  // FNV-1a.
  let hash = 0x811c9dc5;
  for (const character of `${triggerId} ${at}`) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  }
  return (hash >>> 0) % most;
}
