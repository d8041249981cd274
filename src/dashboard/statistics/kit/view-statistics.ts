import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Caller } from "../../../db/caller.ts";
import type { Database } from "../../../db/client.ts";
import { boundariesOf, type ChartRange, PERIODS } from "./range.ts";

/** Percentiles in seconds; null when there is nothing to measure. */
export type Percentiles = { median: number | null; p95: number | null };

/** The wait is the time from the trigger to the start, at the first attempt. The run time is that of COMPLETED runs. */
export type Times = { wait: Percentiles; run: Percentiles };

/** The runs that were triggered from `at` until `end` (RFC 3339) and have ended; those that have ended then, if the range is of sums. */
export type Step = {
  at: string;
  end: string;
  completed: number;
  failed: number;
  /** Null where there are too many runs to count: see {@link MAX_COUNTED_RUNS}. */
  isCounted: boolean;
} & Times;

/** How many runs there were of a range, and their times. */
export type Figures = { completed: number; failed: number } & Times;

export type WorkflowTimes = { id: string; name: string; is_visible: boolean } & Figures;

export type Statistics = {
  range: ChartRange;
  /** Earliest first. */
  steps: Step[];
  /** All that were counted. */
  completed: number;
  failed: number;
  /** True when there are more: the earliest steps are not counted. */
  isCut: boolean;
  total: Times;
  /** Of the time before the range, which is as long. Null when there are too many runs to read. */
  before: Figures | null;
  /** True when there are more runs than {@link MAX_MEASURED}, so that the times are only those of the latest ones. */
  isSampled: boolean;
  /** The workflows with the most of the measured runs. None for the statistics of one workflow. */
  workflows: WorkflowTimes[];
  /** Of sums: since when the runs of these workflows are counted, if that is not the whole range. */
  workflowsSince: string | null;
};

/** How many runs are counted in each state: those that were triggered last. Their index is enough for that. */
export const MAX_COUNTED_RUNS = 50_000;

/** Of how many runs in each state the times are measured: those that were triggered last. Their rows are read for that. */
export const MAX_MEASURED = 10_000;

/** How many workflows are listed with their times. */
const MAX_WORKFLOWS = 10;

/**
 * The query for {@link toStatistics}: see `chart_statistics` and `sum_statistics` in SQL. The runs are those of one workflow, or all that
 * the caller may see.
 */
export function selectStatistics(db: Database, caller: Caller, range: ChartRange, workflowId: string | null = null) {
  const { given, period, stepSeconds, isSummed } = range;
  const whose = sql`${caller.role}, ${caller.tenantId}, ${caller.userId}, ${workflowId}::uuid, ${period && PERIODS[period]}::int`;
  const maxWorkflows = workflowId === null ? MAX_WORKFLOWS : 0;
  const answer = isSummed
    ? sql<unknown>`public.sum_statistics(${whose}, ${stepSeconds}::int, ${maxWorkflows}::int)`
    : sql<unknown>`public.chart_statistics(${whose}, ${given?.begin ?? null}::timestamptz, ${given?.end ?? null}::timestamptz,
        ${stepSeconds}::int, ${MAX_COUNTED_RUNS}::int, ${MAX_MEASURED}::int, ${maxWorkflows}::int)`;
  return db.with(caller).select({ answer }).from(caller);
}

const percentilesSchema = z.object({ median: z.number().nullable(), p95: z.number().nullable() });
const countsSchema = z.object({ completed: z.number(), failed: z.number() });
const timesSchema = countsSchema.extend({ wait: percentilesSchema, run: percentilesSchema });

const answerSchema = z.object({
  begin: z.string(),
  end: z.string(),
  before: timesSchema.nullable(),
  workflows_since: z.string().nullable().default(null),
  counts: z.array(countsSchema.extend({ source: z.string(), at: z.string() })),
  times: z.array(
    timesSchema.extend({
      at: z.string().nullable(),
      workflow_id: z.string().nullable(),
      source: z.string().nullable(),
      first: z.string().nullable(),
      name: z.string().nullable(),
      is_visible: z.boolean(),
    }),
  ),
});

const NOTHING: Times = { wait: { median: null, p95: null }, run: { median: null, p95: null } };

/** The instant from which on all sources were read completely; null when each was. `read` has the rows of one source. */
function completeFrom(sources: Iterable<{ count: number; first: string }>, limit: number): string | null {
  const cut = [...sources].filter(({ count }) => count > limit).map(({ first }) => first);
  return cut.toSorted().at(-1) ?? null;
}

/** What {@link selectStatistics} found for a caller. */
export function toStatistics(range: ChartRange, [found]: readonly { answer: unknown }[]): Statistics {
  const answer = answerSchema.parse(found?.answer);
  const { begin, end, before, counts: counted, times: measured, workflows_since: workflowsSince } = answer;
  const boundaries = boundariesOf({ begin, end }, range);
  const bySource = Map.groupBy(counted, ({ source }) => source);
  const sources = [...bySource.values()].map((rows) => ({
    count: rows.reduce((sum, { completed, failed }) => sum + completed + failed, 0),
    first: rows[0]?.at ?? "",
  }));
  // The step in which a source was cut is not complete, and neither are those before.
  const cutAt = range.isSummed ? null : completeFrom(sources, MAX_COUNTED_RUNS);
  const measuredFrom = completeFrom(
    measured.flatMap(({ source, first, completed, failed }) =>
      source === null || first === null ? [] : { count: completed + failed, first },
    ),
    MAX_MEASURED,
  );
  const counts = Map.groupBy(counted, ({ at }) => at);
  const times = new Map(measured.flatMap((row) => (row.at === null ? [] : [[row.at, row]])));
  const steps = boundaries.slice(0, -1).map((at, index): Step => {
    const isCounted = cutAt === null || at > cutAt;
    const rows = isCounted ? (counts.get(at) ?? []) : [];
    const isMeasured = measuredFrom === null || at > measuredFrom;
    const { wait, run } = (isMeasured && times.get(at)) || NOTHING;
    return {
      ...{ at, end: boundaries[index + 1] ?? at, isCounted, wait, run },
      completed: sumOf(rows, "completed"),
      failed: sumOf(rows, "failed"),
    };
  });
  const total = measured.find(({ at, workflow_id, source }) => (at ?? workflow_id ?? source) === null) ?? NOTHING;
  return {
    ...{ range, steps, before, workflowsSince, isCut: cutAt !== null, isSampled: measuredFrom !== null },
    completed: sumOf(steps, "completed"),
    failed: sumOf(steps, "failed"),
    total: { wait: total.wait, run: total.run },
    workflows: measured.flatMap(({ workflow_id: id, name, is_visible, completed, failed, wait, run }) =>
      id === null || name === null ? [] : { id, name, is_visible, completed, failed, wait, run },
    ),
  };
}

const sumOf = (rows: readonly { completed: number; failed: number }[], name: "completed" | "failed") =>
  rows.reduce((sum, row) => sum + row[name], 0);
