/** What a schedule means, in words: `At 06:00, on Monday to Friday.` */
import { parseCron } from "../../../triggers/schedule/cron.ts";
import type { Schedule } from "../../../triggers/schedule/schedule.ts";
import { listWords } from "../../format.ts";

/** As many times of the day are named one by one. */
const MOST_TIMES = 6;

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];

const twoDigits = (number: number) => String(number).padStart(2, "0");

/** Ascending numbers: `1, 15 and 20 to 25`. Three or more in a row are a range. */
function inWords(numbers: readonly number[], nameOf: (number: number) => string = String): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return listWords(
    ranges.flatMap(([first, last]) => {
      if (last - first >= 2) return [`${nameOf(first)} to ${nameOf(last)}`];
      return first === last ? [nameOf(first)] : [nameOf(first), nameOf(last)];
    }),
  );
}

const counted = (word: string, numbers: readonly number[]) =>
  `${numbers.length === 1 ? word : `the ${word}s`} ${inWords(numbers)}`;

/** The step of a part such as `*` + `/15`, if it divides the hour or the day. Null for any other part. */
function evenStep(part: string, size: number): number | null {
  const step = Number(/^\*\/(\d+)$/.exec(part)?.[1] ?? 0);
  return step > 1 && step < size && size % step === 0 ? step : null;
}

type Parsed = NonNullable<ReturnType<typeof parseCron>>;

function timesOf({ minutes, hours }: Parsed, minutePart: string, hourPart: string): string {
  const [minuteStep, hourStep] = [evenStep(minutePart, 60), evenStep(hourPart, 24)];
  const ofHours = hours.length === 24 ? "" : ` in the ${hours.length === 1 ? "hour" : "hours"} ${inWords(hours)}`;
  if (minutes.length === 60) return `every minute${ofHours}`;
  if (minuteStep !== null) return `every ${minuteStep} minutes${ofHours}`;
  if (hours.length === 24) return `every hour at ${counted("minute", minutes)}`;
  if (hourStep !== null) return `every ${hourStep} hours at ${counted("minute", minutes)}`;
  if (minutes.length * hours.length > MOST_TIMES) return `at ${counted("minute", minutes)}${ofHours}`;
  return `at ${listWords(hours.flatMap((hour) => minutes.map((minute) => `${twoDigits(hour)}:${twoDigits(minute)}`)))}`;
}

/** An expression with days of the month and days of the week means both. */
function daysOf({ days, weekdays }: Parsed): string | null {
  const ofMonth = days.length === 31 ? null : `${counted("day", days)} of the month`;
  const fromMonday = weekdays.map((day) => (day + 6) % 7).sort((a, b) => a - b);
  const ofWeek = weekdays.length === 7 ? null : inWords(fromMonday, (day) => WEEKDAYS[day] ?? "");
  const both = [ofMonth, ofWeek].filter((words) => words !== null);
  return both.length === 0 ? null : `on ${both.join(", and on ")}`;
}

/** Null for a schedule that is not right. */
export function describeSchedule({ cron, at }: Pick<Schedule, "cron" | "at">): string | null {
  if (cron === null) return at === null ? null : "Once.";
  const parsed = parseCron(cron);
  if (parsed === null) return null;
  const [minutePart = "", hourPart = ""] = cron.trim().split(/[ \t]+/);
  const times = timesOf(parsed, minutePart, hourPart);
  const inMonths =
    parsed.months.length === 12 ? null : `in ${inWords(parsed.months, (month) => MONTHS[month - 1] ?? "")}`;
  const days = daysOf(parsed) ?? (times.startsWith("at ") && inMonths === null ? "every day" : null);
  const words = [times, days, inMonths].filter((part) => part !== null).join(", ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
