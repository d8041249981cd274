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

const MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec";
const WEEKDAYS = "sun|mon|tue|wed|thu|fri|sat";

/** The grammar of a field. The parser is more lenient: it would take `5/15` for `5`, and `5x`, too. */
const field = (names = "") => {
  const value = names === "" ? "\\d{1,2}" : `(?:\\d{1,2}|${names})`;
  const item = `(?:\\*(?:/\\d{1,2})?|${value}(?:-${value}(?:/\\d{1,2})?)?)`;
  return `${item}(?:,${item})*`;
};

/** Five fields: minute, hour, day of the month, month, day of the week. */
const EXPRESSION = new RegExp(`^${[field(), field(), field(), field(MONTHS), field(WEEKDAYS)].join(" ")}$`, "i");

const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

/** Null for a text that is not a cron expression with five fields. */
export function parseCron(text: string): Cron | null {
  const trimmed = text.trim().replaceAll(/[ \t]+/g, " ");
  if (!EXPRESSION.test(trimmed)) return null;
  try {
    const parsed = parseCronExpression(trimmed);
    const [minutes = "", hours = ""] = trimmed.split(" ");
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

/** The values of the fields, from the least to the greatest. */
const RANGES = [
  ["minute", 0, 59],
  ["hour", 0, 23],
  ["day", 1, 31],
  ["month", 1, 12],
  ["day of the week", 0, 6],
] as const;

/** A step of a cron expression that leaves only the first value, which is a mistake: 61 after `*`. Null when there is none. */
export function findIdleStep(text: string): { step: string; field: string } | null {
  for (const [index, item] of text
    .trim()
    .split(/[ \t]+/)
    .entries()) {
    const [field = "", least = 0, greatest = 0] = RANGES[index] ?? [];
    for (const [step, from = least, to = greatest, by] of item.matchAll(/(?:\*|(\d+)-(\d+))\/(\d+)/g)) {
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
