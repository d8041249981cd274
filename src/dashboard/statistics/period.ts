/** The period of a chart. It is divided into steps that begin at whole minutes. */
import { z } from "zod";
import { RANGES, type Range, runsHref } from "../runs/runs-query.ts";

export const PERIODS = ["1h", "24h", "7d"] as const satisfies readonly Range[];
export type Period = (typeof PERIODS)[number];

/** The length of a step in seconds, by period. */
export const STEP_SECONDS: Record<Period, number> = { "1h": 300, "24h": 3_600, "7d": 21_600 };

export const stepsOf = (period: Period): number => RANGES[period] / STEP_SECONDS[period];

/** The period in a query parameter; 24 hours when it is missing or invalid. */
export const readPeriod = (text: string | undefined): Period => z.enum(PERIODS).catch("24h").parse(text);

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

const timeOf = (instant: Date) => instant.toISOString().slice(11, 16);

/** The beginning of a step in UTC: `13:00`, or `Mon 13:00` in a period of several days. Not by `Intl`, which is slow to start. */
export function formatStart(at: string, period: Period): string {
  const from = new Date(at);
  return period === "7d" ? `${WEEKDAYS[from.getUTCDay()]} ${timeOf(from)}` : timeOf(from);
}

/** `13:00 to 14:00 UTC`. */
export function formatStep(at: string, period: Period): string {
  const to = new Date(Date.parse(at) + STEP_SECONDS[period] * 1000);
  return `${formatStart(at, period)} to ${timeOf(to)} UTC`;
}

/** A link to the list of runs that were triggered in a step. `at` is the beginning of the step (RFC 3339). */
export function stepHref(at: string, period: Period, workflowId: string | undefined): string {
  const minute = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;
  const from = Date.parse(at);
  // The list includes the runs of its last minute.
  const to = from + (STEP_SECONDS[period] - 60) * 1000;
  return runsHref({
    status: ["COMPLETED", "FAILED"],
    label: [],
    workflow: workflowId,
    from: minute(from),
    to: minute(to),
  });
}
