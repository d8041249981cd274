/** Time zones, by the rules that the runtime has (`Intl`). All instants are milliseconds since 1970. */
import { remember } from "../../base/memo.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

/** How many zones an isolate keeps in memory: making one takes longer than asking it a hundred times. */
const MAX_ZONES = 100;

/** How many offsets it keeps for each. The schedules of a zone ask for the same: those around the same local days. */
const MAX_OFFSETS = 200;

/** The difference between local time and UTC, in milliseconds, at an instant. */
export type Zone = { offsetAt(at: number): number };

const zones = new Map<string, Zone>();

/** The time zone with this name of the IANA database, such as `Europe/Berlin`. Null when there is none. */
export function openZone(name: string): Zone | null {
  const known = zones.get(name);
  if (known) return known;
  // `Intl` also takes offsets, such as `+01:00`, which know no daylight saving.
  if (!/^[A-Za-z]/.test(name)) return null;
  try {
    const format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
    const offsets = new Map<number, number>();
    const offsetAt = (at: number) => {
      const offset = offsets.get(at) ?? parseOffset(format.format(at));
      remember(offsets, at, offset, MAX_OFFSETS);
      return offset;
    };
    remember(zones, name, { offsetAt }, MAX_ZONES);
    return { offsetAt };
  } catch {
    return null;
  }
}

/** Reads the end of a text such as `1/31/2026, GMT+01:00`. */
function parseOffset(text: string): number {
  const [, sign, hours = "0", minutes = "0", seconds = "0"] =
    /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text) ?? [];
  const ms = Number(hours) * HOUR_MS + Number(minutes) * 60 * SECOND_MS + Number(seconds) * SECOND_MS;
  return sign === "-" ? -ms : ms;
}

/** A time in which the clock of a zone does not jump: from `start`, before `end`. */
type Stretch = { start: number; end: number; offset: number };

/** Divides a time at the jumps of a zone's clock. Both ends must be whole seconds. */
export function stretchesOf(zone: Zone, from: number, to: number): Stretch[] {
  const stretches: Stretch[] = [];
  let start = from;
  let offset = zone.offsetAt(from);
  for (let at = from; at < to; at += HOUR_MS) {
    const end = Math.min(at + HOUR_MS, to);
    const next = zone.offsetAt(end);
    if (next === offset) continue;
    const jump = findJump(zone, at, end);
    stretches.push({ start, end: jump, offset });
    start = jump;
    offset = next;
  }
  return [...stretches, { start, end: to, offset }];
}

/** The first second with the offset of `after`, between two instants with different offsets. */
function findJump(zone: Zone, before: number, after: number): number {
  const offset = zone.offsetAt(after);
  let low = before;
  let high = after;
  while (high - low > SECOND_MS) {
    const middle = low + Math.floor((high - low) / (2 * SECOND_MS)) * SECOND_MS;
    if (zone.offsetAt(middle) === offset) high = middle;
    else low = middle;
  }
  return high;
}

/** The instants at which a zone's clock shows a local time: none in a gap, two when it is repeated. */
export const instantsAt = (stretches: readonly Stretch[], local: number): number[] =>
  stretches
    .filter(({ start, end, offset }) => local >= start + offset && local < end + offset)
    .map(({ offset }) => local - offset);

/** The end of the gap in which a local time lies that the clock skips. */
export const endOfGap = (stretches: readonly Stretch[], local: number): number | undefined =>
  stretches.find(({ start, offset }) => start + offset > local)?.start;
