/** The figures of a range beside those of the time before it. */
import type { Child } from "hono/jsx";
import type { Statistics } from "./kit/view-statistics.ts";

/** Figures that differ by less than this part are about the same. */
const MARGIN = 0.1;

/** Whether a figure of which less is better has become better or worse. Null when it is about the same, or one of the two is missing. */
export function trendOf(now: number | null, before: number | null): "better" | "worse" | null {
  if (now === null || before === null) return null;
  if (now > before * (1 + MARGIN)) return "worse";
  return now < before * (1 - MARGIN) ? "better" : null;
}

/** The sign of a figure of which less is better: by its form and its word, and not only by its colour. */
export const Trend = ({ now, before }: { now: number | null; before: number | null }) => {
  const trend = trendOf(now, before);
  return trend && <span class={`trend ${trend}`}>{trend === "worse" ? "▲ worse" : "▼ better"}</span>;
};

/** How many of 100 ended runs have failed; null when none has ended. */
const failedShare = (runs: { completed: number; failed: number } | null) =>
  runs === null || runs.completed + runs.failed === 0 ? null : (100 * runs.failed) / (runs.completed + runs.failed);

/** How many runs there were before, with the sign of whether more or fewer of them fail now. */
export const Before = ({ statistics, children }: { statistics: Statistics; children: Child }) => (
  <p class="before muted">
    {children} <Trend now={failedShare(statistics)} before={failedShare(statistics.before)} />
  </p>
);
