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

/** Parses an instant: a date, whose first moment is meant, a date with a time, or how long before or after now. Null if it is none. */
function readInstant(text: string, direction: "before" | "after"): Date | null {
  const seconds = readSeconds(text);
  if (seconds !== null && !/^\d+$/.test(text)) {
    return new Date(Date.now() + (direction === "before" ? -seconds : seconds) * 1000);
  }
  const at = INSTANT.test(text) ? new Date(text.includes("T") ? text : `${text}T00:00`) : null;
  return at === null || Number.isNaN(at.getTime()) ? null : at;
}

/** Parses a flag as an instant, or as how long ago it was. */
export function instant(text: string): string {
  const at = readInstant(text, "before");
  if (at !== null) return at.toISOString();
  throw new InvalidArgumentError(
    "It must be a date, a date with a time, or how long ago: 2026-01-31, 2026-01-31T12:00Z, 24h or 7d.",
  );
}

/** Parses a flag as an instant, or as how long it is until then. */
export function laterInstant(text: string): string {
  const at = readInstant(text, "after");
  if (at !== null) return at.toISOString();
  throw new InvalidArgumentError(
    "It must be a date, a date with a time, or how long from now: 2027-01-31, 2027-01-31T12:00Z, 24h or 7d.",
  );
}

/** The same for an instant to come. */
export function futureInstant(text: string): string {
  const at = laterInstant(text);
  if (Date.parse(at) > Date.now()) return at;
  throw new InvalidArgumentError("It must be in the future.");
}

export const sinceOption = () =>
  new Option("--since <when>", "only runs triggered after this: 2026-01-31, 2026-01-31T12:00Z, or 24h ago").argParser(
    instant,
  );
export const untilOption = () => new Option("--until <when>", "only runs triggered before this").argParser(instant);
