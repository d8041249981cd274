import { parseCronExpression } from "cron-schedule";

/** A parsed cron expression: the local minutes, hours and days that it names, each in ascending order. */
export type Cron = {
  minutes: readonly number[];
  hours: readonly number[];
  /** Days of the month, from 1. */
  days: readonly number[];
  /** From 1. */
  months: readonly number[];
  /** From 0, which is Sunday. */
  weekdays: readonly number[];
  /**
   * True when minutes and hours are numbers, lists or ranges: the expression names times of the day. False when one of the two is `*`
   * or has a step: then it means real time that passes.
   */
  isFixed: boolean;
};

/** The names and the values of the fields, from the least to the greatest. Sunday is 0 or 7. */
const FIELDS = [
  ["minute", 0, 59],
  ["hour", 0, 23],
  ["day of the month", 1, 31],
  ["month", 1, 12],
  ["day of the week", 0, 7],
] as const;

const MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec";
const WEEKDAYS = "sun|mon|tue|wed|thu|fri|sat";

/** The grammar of a field. The parser is more lenient: it would take `5/15` for `5`, and `5x`, too. */
const field = (names = "") => {
  const value = names === "" ? "\\d{1,2}" : `(?:\\d{1,2}|${names})`;
  const item = `(?:\\*(?:/\\d{1,2})?|${value}(?:-${value}(?:/\\d{1,2})?)?)`;
  return `${item}(?:,${item})*`;
};

/** Of minute, hour, day of the month, month, day of the week. */
const GRAMMARS = [field(), field(), field(), field(MONTHS), field(WEEKDAYS)].map(
  (grammar) => new RegExp(`^${grammar}$`, "i"),
);

const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

const partsOf = (text: string) => text.trim().split(/[ \t]+/);

/** Null for a text that is not a cron expression with five fields: {@link findCronFault} says why. */
export function parseCron(text: string): Cron | null {
  const parts = partsOf(text);
  if (parts.length !== FIELDS.length || !parts.every((part, index) => GRAMMARS[index]?.test(part))) return null;
  const trimmed = parts.join(" ");
  try {
    const parsed = parseCronExpression(trimmed);
    const [minutes = "", hours = ""] = parts;
    return {
      minutes: ascending(parsed.minutes),
      hours: ascending(parsed.hours),
      days: ascending(parsed.days),
      months: ascending(parsed.months.map((month) => month + 1)),
      weekdays: ascending(parsed.weekdays),
      isFixed: !/[*/]/.test(minutes + hours),
    };
  } catch {
    // A number outside of its range, or a range that goes backwards.
    return null;
  }
}

/** What is wrong with a text that {@link parseCron} does not take: the first field that is, and how. */
export function findCronFault(text: string): string {
  const parts = partsOf(text);
  if (parts.length !== FIELDS.length) {
    return "Must be a cron expression with five fields: minute, hour, day of the month, month, day of the week.";
  }
  for (const [index, [name, least, greatest]] of FIELDS.entries()) {
    const part = parts[index] ?? "";
    if (!GRAMMARS[index]?.test(part)) {
      return `The ${name} cannot be ${part}. Write *, a number from ${least} to ${greatest}, a list such as 1,5, a range such as 1-5, or a step such as */5.`;
    }
    // The number of a step is none of the field.
    const wrong = part.match(/(?<![/\d])\d+/g)?.find((number) => Number(number) < least || Number(number) > greatest);
    if (wrong !== undefined) return `The ${name} must be from ${least} to ${greatest}, so it cannot be ${wrong}.`;
    if (parseCron(FIELDS.map((_, other) => (other === index ? part : "*")).join(" ")) === null) {
      return `The ${name} cannot be ${part}. A range begins with the smaller end, and a step is at least 1.`;
    }
  }
  return "Must be a cron expression.";
}

/** A step of a cron expression that leaves only the first value, which is a mistake: 61 after `*`. Null when there is none. */
export function findIdleStep(text: string): { step: string; field: string } | null {
  for (const [index, item] of partsOf(text).entries()) {
    const [field = "", least = 0, greatest = 0] = FIELDS[index] ?? [];
    // Sunday is not counted twice.
    const last = field === "day of the week" ? greatest - 1 : greatest;
    for (const [step, from = least, to = last, by] of item.matchAll(/(?:\*|(\d+)-(\d+))\/(\d+)/g)) {
      if (Number(by) > Number(to) - Number(from)) return { step, field };
    }
  }
  return null;
}

const EVERY_DAY = 31;
const EVERY_WEEKDAY = 7;

/** In a leap year. */
const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** False when no calendar has such a day, as with `0 0 31 2 *`. */
export function hasDays({ days, months, weekdays }: Cron): boolean {
  if (weekdays.length < EVERY_WEEKDAY && days.length < EVERY_DAY) return true;
  return months.some((month) => days.some((day) => day <= (DAYS_OF_MONTH[month - 1] ?? 0)));
}

/**
 * True for a local day, given as its midnight in UTC. An expression that names days of the month and days of the week
 * means both of them: the 1st, and every Monday. A field names days when it leaves some out. (Vixie's cron asks whether the field begins with
 * an asterisk, so it reads a step of all days, and a full range such as `1-31`, otherwise.)
 */
export function hasDay({ days, months, weekdays }: Cron, midnight: number): boolean {
  const date = new Date(midnight);
  if (!months.includes(date.getUTCMonth() + 1)) return false;
  const isDay = days.includes(date.getUTCDate());
  const isWeekday = weekdays.includes(date.getUTCDay());
  return days.length < EVERY_DAY && weekdays.length < EVERY_WEEKDAY ? isDay || isWeekday : isDay && isWeekday;
}
