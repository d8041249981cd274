/** Times in flags: how long, and when. */
import { InvalidArgumentError, Option } from "commander";

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600, d: 86_400 };

/** Parses a length of time, such as `90s`, `10min`, `2h` or `7d`, to seconds. A number alone counts seconds. Null if it is none. */
function readSeconds(text: string): number | null {
  const [, number = "", unit = "s"] = /^(\d{1,9})(s|m|min|h|d)?$/.exec(text.trim()) ?? [];
  return number === "" ? null : Number(number) * (SECONDS[unit] ?? 1);
}

/** Parses a flag as a length of time, in seconds. */
export function lengthOfTime(text: string): number {
  const seconds = readSeconds(text);
  if (seconds !== null && seconds > 0) return seconds;
  throw new InvalidArgumentError("It must be a length of time, such as 90s, 10min, 2h or 7d.");
}

/** A date, and perhaps a time. Without an offset from UTC, both are those of this machine. */
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** Parses a flag as an instant: a date, whose first moment is meant, a date with a time, or how long ago it was. */
export function instant(text: string): string {
  const seconds = readSeconds(text);
  if (seconds !== null && !/^\d+$/.test(text)) return new Date(Date.now() - seconds * 1000).toISOString();
  const at = INSTANT.test(text) ? new Date(text.includes("T") ? text : `${text}T00:00`) : new Date(Number.NaN);
  if (!Number.isNaN(at.getTime())) return at.toISOString();
  throw new InvalidArgumentError(
    "It must be a date, a date with a time, or how long ago: 2026-01-31, 2026-01-31T12:00Z, 24h or 7d.",
  );
}

export const sinceOption = () =>
  new Option("--since <when>", "only runs triggered after this: 2026-01-31, 2026-01-31T12:00Z, or 24h ago").argParser(
    instant,
  );
export const untilOption = () => new Option("--until <when>", "only runs triggered before this").argParser(instant);
