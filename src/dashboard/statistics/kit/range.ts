/** What a chart covers, divided into steps. */
import { z } from "zod";
import {
  filterOf,
  NO_QUERY,
  RANGE_NAMES,
  RANGES,
  type RunsQuery,
  readRunsQuery,
  runsHref,
} from "../../runs/kit/runs-query.ts";

export const PERIOD_NAMES = [...RANGE_NAMES, "30d", "90d"] as const;
export type Period = (typeof PERIOD_NAMES)[number];
/** The lengths of the periods in seconds. */
export const PERIODS: Readonly<Record<Period, number>> = { ...RANGES, "30d": 2_592_000, "90d": 7_776_000 };

/** The longest time between two given minutes that a chart covers. */
const MAX_SECONDS = RANGES["7d"];
const DAY_SECONDS = RANGES["24h"];

export type ChartRange = {
  /** The query parameters that name the range. */
  query: string;
  /** A time up to now; null for a time between two given minutes. */
  period: Period | null;
  /** True for a period of more than a day: it is of the sums by hour and by day. So its runs are counted by when they ended. */
  isSummed: boolean;
  /** The given minutes as instants (RFC 3339): the first, and the end, which is excluded. Null for a period. */
  given: { begin: string; end: string } | null;
  /** Steps begin at multiples of this since 1970. So the first and the last step may be shorter. */
  stepSeconds: number;
  /** True when more was asked for than a chart covers: it shows the last 7 days of given minutes, and the longest period. */
  isTooLong: boolean;
};

/** The lengths of a step in seconds. A chart has about 30 steps at most. */
const STEP_SECONDS = [60, 300, 900, 1_800, 3_600, 10_800, 21_600, 86_400, 259_200] as const;
const MAX_STEPS = 30;

const stepOf = (seconds: number) => STEP_SECONDS.find((step) => seconds / step <= MAX_STEPS) ?? 259_200;

const ofPeriod = (period: Period, isTooLong = false): ChartRange => ({
  ...{ query: `period=${period}`, period, given: null, isTooLong },
  isSummed: PERIODS[period] > DAY_SECONDS,
  stepSeconds: stepOf(PERIODS[period]),
});

/** Any number of hours or days, such as `30d`. */
const anyPeriod = z.string().regex(/^\d{1,6}[hd]$/);

/**
 * Reads `period`, or `from` and `to` as in the list of runs (minutes or days in UTC, both included). Another number of hours or days becomes
 * the next longer period, and what is missing or invalid the last 24 hours.
 */
export function readRange(params: URLSearchParams): ChartRange {
  const { from, to } = readRunsQuery(params);
  if (from !== undefined && to !== undefined) {
    const { createdAfter, createdBefore } = filterOf({ ...NO_QUERY, from, to }, "");
    const end = Date.parse(createdBefore ?? "");
    const first = Date.parse(createdAfter ?? "") + 1;
    const begin = Math.max(first, end - MAX_SECONDS * 1000);
    if (begin < end) {
      return {
        query: new URLSearchParams({ from, to }).toString(),
        period: null,
        isSummed: false,
        given: { begin: new Date(begin).toISOString(), end: new Date(end).toISOString() },
        stepSeconds: stepOf((end - begin) / 1000),
        isTooLong: first < begin,
      };
    }
  }
  const text = params.get("period") ?? undefined;
  const period = z.enum(PERIOD_NAMES).safeParse(text).data;
  if (period !== undefined) return ofPeriod(period);
  const { data: other = "24h" } = anyPeriod.safeParse(text);
  const seconds = Number.parseInt(other, 10) * (other.endsWith("d") ? 86_400 : 3_600);
  const covering = PERIOD_NAMES.find((name) => PERIODS[name] >= Math.max(seconds, DAY_SECONDS));
  return covering === undefined ? ofPeriod("90d", true) : ofPeriod(covering);
}

/**
 * The boundaries of the steps of a range, its begin and its end included (RFC 3339). The last step of a period ends after now, so that
 * the page does not change with each second.
 */
export function boundariesOf(
  { begin, end }: { begin: string; end: string },
  { period, stepSeconds }: ChartRange,
): string[] {
  const step = stepSeconds * 1000;
  const first = Date.parse(begin);
  const last = period === null ? Date.parse(end) : Math.ceil(Date.parse(end) / step) * step;
  const boundaries = [first];
  for (let at = (Math.floor(first / step) + 1) * step; at < last; at += step) boundaries.push(at);
  return [...boundaries, last].map((at) => new Date(at).toISOString());
}

/** The page with a chart of the time by which a list is filtered; null when it has no first minute or no last one. */
export function chartHref({ workflow, range, from, to }: RunsQuery): string | null {
  const page = workflow.length === 1 ? `/app/workflows/${workflow[0]}` : "/app/health";
  if (range !== undefined) return `${page}?period=${range}`;
  return from === undefined || to === undefined ? null : `${page}?${new URLSearchParams({ from, to })}`;
}

const minuteOf = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;

/** The first and the last minute from `at` until `end` (RFC 3339), as the list of runs takes them. It includes the last one. */
export const minutesOf = (at: string, end: string): { from: string; to: string } => ({
  from: minuteOf(Date.parse(at)),
  to: minuteOf(Math.max(Date.parse(at), Date.parse(end) - 60_000)),
});

/** The list of the ended runs that were triggered within the given minutes; of any time without them. */
export const endedRunsHref = (workflow: string | undefined, minutes: { from?: string; to?: string } = {}): string =>
  runsHref({
    ...NO_QUERY,
    status: ["COMPLETED", "FAILED"],
    workflow: workflow === undefined ? [] : [workflow],
    ...minutes,
  });
