/** The period that a chart shows, in steps that begin at whole minutes of the clock. */
import { z } from "zod";
import { RANGES, type Range, runsHref } from "../runs/runs-query.ts";

export const PERIODS = ["1h", "24h", "7d"] as const satisfies readonly Range[];
export type Period = (typeof PERIODS)[number];

/** How long each step of a period is. */
export const STEP_SECONDS: Record<Period, number> = { "1h": 300, "24h": 3_600, "7d": 21_600 };

export const stepsOf = (period: Period): number => RANGES[period] / STEP_SECONDS[period];

/** The period that a query asks for; a day when it asks for none, or for another. */
export const readPeriod = (text: string | undefined): Period => z.enum(PERIODS).catch("24h").parse(text);

/** The runs that were triggered in a step and ended so, as a link to the list of runs. `at` is when the step begins (RFC 3339). */
export function stepHref(at: string, period: Period, workflowId: string | undefined): string {
  const minute = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;
  const from = Date.parse(at);
  // The last minute is included.
  const to = from + (STEP_SECONDS[period] - 60) * 1000;
  return runsHref({ status: ["COMPLETED", "FAILED"], workflow: workflowId, from: minute(from), to: minute(to) });
}
