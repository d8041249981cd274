/**
 * The instants of a cron expression in a time zone. What is promised when the clock jumps:
 * - Fixed times (numbers, lists, ranges) that the clock skips fire once, at the end of the gap, however many they are.
 * - A fixed time that the clock repeats fires once, in the first pass.
 * - `*` and steps of hours or minutes fire at each real instant whose local time matches.
 */
import { type Cron, hasDay } from "./cron.ts";
import { endOfGap, instantsAt, stretchesOf, type Zone } from "./zone.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Local time is at most 12 hours behind UTC and at most 14 hours before it, so a local day lies within this time around its UTC day. */
const MOST_BEFORE_MS = 15 * HOUR_MS;
const MOST_BEHIND_MS = 13 * HOUR_MS;

/** How far ahead instants are looked for. Two 29ths of February are at most eight years apart. */
const MOST_DAYS = 10 * 366;

/** The last day that the API can name. */
const LAST_DAY = Date.UTC(9999, 11, 30);

/** The instants after `after`, in ascending order, of the next ten years. */
export function* instantsAfter(cron: Cron, zone: Zone, after: number): Generator<number, void> {
  let last = after;
  /** What was found for a day, but may come after an instant of the next one. */
  let held: number[] = [];
  const first = Math.floor((after - MOST_BEHIND_MS) / DAY_MS) * DAY_MS;
  const end = Math.min(first + MOST_DAYS * DAY_MS, LAST_DAY);
  for (let midnight = first; midnight < end; midnight += DAY_MS) {
    const day = hasDay(cron, midnight) ? instantsOf(cron, zone, midnight) : NO_INSTANTS;
    const found = held.length === 0 ? day.instants : [...held, ...day.instants].sort((a, b) => a - b);
    const until = day.nextDayAt ?? midnight + DAY_MS - MOST_BEFORE_MS;
    held = [];
    for (const at of found) {
      if (at >= until) held.push(at);
      else if (at > last) {
        last = at;
        yield at;
      }
    }
  }
  yield* held;
}

/** `nextDayAt` is when the next local day begins; null when that is not known, since the clock jumps. */
type Day = { instants: readonly number[]; nextDayAt: number | null };

const NO_INSTANTS: Day = { instants: [], nextDayAt: null };

/** The instants of a local day, given as its midnight in UTC. */
function instantsOf(cron: Cron, zone: Zone, midnight: number): Day {
  const from = midnight - MOST_BEFORE_MS;
  const to = midnight + DAY_MS + MOST_BEHIND_MS;
  const offset = zone.offsetAt(from);
  const locals = cron.hours.flatMap((hour) =>
    cron.minutes.map((minute) => midnight + hour * HOUR_MS + minute * MINUTE_MS),
  );
  if (offset === zone.offsetAt(to)) {
    return { instants: locals.map((local) => local - offset), nextDayAt: midnight + DAY_MS - offset };
  }
  const stretches = stretchesOf(zone, from, to);
  const instants = locals.flatMap((local) => {
    const real = instantsAt(stretches, local);
    return cron.isFixed ? [real[0] ?? endOfGap(stretches, local) ?? local] : real;
  });
  return { instants: instants.sort((a, b) => a - b), nextDayAt: null };
}

/** A local time in a zone as an instant; or why it is none. */
export function instantOf(zone: Zone, local: number): number | "skipped" | "repeated" {
  const second = Math.floor(local / SECOND_MS) * SECOND_MS;
  const stretches = stretchesOf(zone, second - MOST_BEFORE_MS, second + MOST_BEHIND_MS);
  const [at, another] = instantsAt(stretches, local);
  if (at === undefined) return "skipped";
  return another === undefined ? at : "repeated";
}
