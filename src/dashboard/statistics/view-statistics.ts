import { and, eq, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { Caller, ReadableDefinitions } from "../../db/caller.ts";
import type { Database } from "../../db/client.ts";
import { instant } from "../../db/rows.ts";
import { workflowDefinitions as d } from "../../db/tables.ts";
import { boundsOf, endedRuns, stepAt } from "./ended-runs.ts";
import { boundariesOf, type ChartRange } from "./range.ts";

/** Percentiles in seconds; null when there is nothing to measure. */
export type Percentiles = { median: number | null; p95: number | null };

/** The wait is the time from the trigger to the start, at the first attempt. The run time is that of COMPLETED runs. */
export type Times = { wait: Percentiles; run: Percentiles };

/** The runs that were triggered from `at` until `end` (RFC 3339) and have ended. */
export type Step = {
  at: string;
  end: string;
  completed: number;
  failed: number;
  /** Null where there are too many runs to count: see {@link MAX_COUNTED_RUNS}. */
  isCounted: boolean;
} & Times;

export type WorkflowTimes = {
  id: string;
  name: string;
  is_visible: boolean;
  completed: number;
  failed: number;
} & Times;

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
  /** True when there are more runs than {@link MAX_MEASURED}, so that the times are only those of the latest ones. */
  isSampled: boolean;
  /** The workflows with the most of the measured runs. None for the statistics of one workflow. */
  workflows: WorkflowTimes[];
};

/** How many runs are counted in each state: those that were triggered last. Their index is enough for that. */
export const MAX_COUNTED_RUNS = 50_000;

/** Of how many runs in each state the times are measured: those that were triggered last. Their rows are read for that. */
export const MAX_MEASURED = 10_000;

/** How many workflows are listed with their times. */
const MAX_WORKFLOWS = 10;

type Asked = { range: ChartRange; workflowId?: string | undefined };

/**
 * The queries for {@link toStatistics}, for the end of one batch. The runs are those of one workflow, or all that the caller may see.
 *
 * The first one is for the planner: with these settings, it reads the indexes in their order and stops at the limit. Otherwise it
 * may collect and sort a whole range first, as long as it takes the range for smaller than the limit. The settings end with the
 * transaction, and no other statement of the batch comes after them.
 */
export const selectStatistics = (db: Database, caller: Caller, readable: ReadableDefinitions, asked: Asked) => ({
  chartSettings: db
    .select({
      bitmap: sql<string>`set_config('enable_bitmapscan', 'off', true)`,
      whole: sql<string>`set_config('enable_seqscan', 'off', true)`,
    })
    .from(sql`(select) nothing`),
  chartCounts: selectCounts(db, caller, readable, asked),
  chartTimes: selectTimes(db, caller, readable, asked),
});

/** Each source and step with runs, as a row. Without runs one row, whose `source` is null. Each row has the bounds of the range. */
function selectCounts(db: Database, caller: Caller, readable: ReadableDefinitions, { range, workflowId }: Asked) {
  const { begin, end } = boundsOf(range);
  const runs = endedRuns(caller, readable, { range, workflowId, limit: MAX_COUNTED_RUNS });
  const counted = db
    .select({
      source: sql<string>`ended.source`.as("counted_source"),
      at: sql`${stepAt(range, sql`ended.created_at`)}`.as("counted_at"),
      completed: sql<number>`${countOf(sql`ended.status = 'COMPLETED'`)}`.as("counted_completed"),
      failed: sql<number>`${countOf(sql`ended.status = 'FAILED'`)}`.as("counted_failed"),
    })
    .from(sql`(${runs}) ended`)
    .groupBy(sql`1, 2`)
    .as("counted");
  return db
    .with(caller, readable)
    .select({
      begin: instant(begin),
      end: instant(end),
      source: sql<string | null>`${counted.source}`,
      at: sql<string | null>`${instant(counted.at)}`,
      completed: sql<number>`coalesce(${counted.completed}, 0)`,
      failed: sql<number>`coalesce(${counted.failed}, 0)`,
    })
    .from(caller)
    .leftJoin(counted, sql`true`)
    .orderBy(counted.at);
}

/**
 * The percentiles of each step (rows with `at`), of the workflows with the most runs (rows with `workflow_id`), and of all. Rows
 * with a `source` say how many runs of it were read, and when the earliest of them was triggered.
 */
function selectTimes(db: Database, caller: Caller, readable: ReadableDefinitions, { range, workflowId }: Asked) {
  const columns = sql`, r.workflow_definition_id,
    case when r.attempt = 1 then extract(epoch from r.started_at - r.created_at)::float8 end as wait_seconds,
    case when r.status = 'COMPLETED' then extract(epoch from r.completed_at - r.started_at)::float8 end as run_seconds`;
  const runs = endedRuns(caller, readable, { range, workflowId, limit: MAX_MEASURED, columns });
  const measured = db
    .select({
      source: sql<string>`ended.source`.as("measured_source"),
      at: sql`${stepAt(range, sql`ended.created_at`)}`.as("measured_at"),
      definitionId: sql<string>`ended.workflow_definition_id`.as("measured_definition_id"),
      createdAt: sql`ended.created_at`.as("measured_created_at"),
      status: sql`ended.status`.as("measured_status"),
      waitSeconds: sql`ended.wait_seconds`.as("measured_wait"),
      runSeconds: sql`ended.run_seconds`.as("measured_run"),
    })
    .from(sql`(${runs}) ended`)
    .as("measured");
  const byWhat = sql`grouping(${measured.at}, ${measured.definitionId}, ${measured.source})`;
  const grouped = db
    .select({
      at: sql`${measured.at}`.as("grouped_at"),
      definitionId: sql<string>`${measured.definitionId}`.as("grouped_definition_id"),
      source: sql<string>`${measured.source}`.as("grouped_source"),
      place: sql<number>`row_number() over (partition by ${byWhat} order by count(*) desc)`.as("grouped_place"),
      first: sql`min(${measured.createdAt})`.as("grouped_first"),
      completed: countOf(sql`${measured.status} = 'COMPLETED'`).as("grouped_completed"),
      failed: countOf(sql`${measured.status} = 'FAILED'`).as("grouped_failed"),
      waitMedian: percentile(0.5, measured.waitSeconds).as("grouped_wait_median"),
      waitP95: percentile(0.95, measured.waitSeconds).as("grouped_wait_p95"),
      runMedian: percentile(0.5, measured.runSeconds).as("grouped_run_median"),
      runP95: percentile(0.95, measured.runSeconds).as("grouped_run_p95"),
    })
    .from(measured)
    .groupBy(sql`grouping sets ((${measured.at}), (${measured.definitionId}), (${measured.source}), ())`)
    .as("grouped");
  return db
    .with(caller, readable)
    .select({
      at: sql<string | null>`${instant(grouped.at)}`,
      workflow_id: sql<string | null>`${grouped.definitionId}`,
      source: sql<string | null>`${grouped.source}`,
      first: sql<string | null>`${instant(grouped.first)}`,
      name: d.name,
      is_visible: sql<boolean>`${caller.isAdministrator} or ${grouped.definitionId} in (select ${readable.id} from ${readable})`,
      completed: grouped.completed,
      failed: grouped.failed,
      wait: { median: grouped.waitMedian, p95: grouped.waitP95 },
      run: { median: grouped.runMedian, p95: grouped.runP95 },
    })
    .from(caller)
    .innerJoin(grouped, sql`${grouped.definitionId} is null or ${grouped.place} <= ${MAX_WORKFLOWS}`)
    .leftJoin(d, and(eq(d.tenantId, caller.tenantId), eq(d.id, grouped.definitionId)))
    .orderBy(grouped.place);
}

const countOf = (condition: SQL) => sql<number>`(count(*) filter (where ${condition}))::int`;

const percentile = (share: number, value: SQLWrapper) =>
  sql<number | null>`percentile_cont(${share}::float8) within group (order by ${value})`;

type Rows = {
  [Name in "chartCounts" | "chartTimes"]: Awaited<ReturnType<typeof selectStatistics>[Name]>;
};

const NOTHING: Times = { wait: { median: null, p95: null }, run: { median: null, p95: null } };

/** The instant from which on all sources were read completely; null when each was. `read` has the rows of one source. */
function completeFrom(sources: Iterable<{ count: number; first: string }>, limit: number): string | null {
  const cut = [...sources].filter(({ count }) => count > limit).map(({ first }) => first);
  return cut.toSorted().at(-1) ?? null;
}

export function toStatistics(range: ChartRange, { chartCounts, chartTimes }: Rows, workflowId?: string): Statistics {
  const [first] = chartCounts;
  const boundaries = first === undefined ? [] : boundariesOf(first, range);
  const bySource = Map.groupBy(
    chartCounts.filter(({ source }) => source !== null),
    ({ source }) => source,
  );
  const sources = [...bySource.values()].map((rows) => ({
    count: rows.reduce((sum, { completed, failed }) => sum + completed + failed, 0),
    first: rows[0]?.at ?? "",
  }));
  // The step in which a source was cut is not complete, and neither are those before.
  const cutAt = completeFrom(sources, MAX_COUNTED_RUNS);
  const measuredFrom = completeFrom(
    chartTimes.flatMap(({ source, first, completed, failed }) =>
      source === null || first === null ? [] : { count: completed + failed, first },
    ),
    MAX_MEASURED,
  );
  const counts = Map.groupBy(chartCounts, ({ at }) => at);
  const times = new Map(chartTimes.flatMap((row) => (row.at === null ? [] : [[row.at, row]])));
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
  const total = chartTimes.find(({ at, workflow_id, source }) => (at ?? workflow_id ?? source) === null) ?? NOTHING;
  return {
    ...{ range, steps, isCut: cutAt !== null, isSampled: measuredFrom !== null },
    completed: sumOf(steps, "completed"),
    failed: sumOf(steps, "failed"),
    total: { wait: total.wait, run: total.run },
    workflows:
      workflowId === undefined
        ? chartTimes.flatMap(({ workflow_id: id, name, is_visible, completed, failed, wait, run }) =>
            id === null || name === null ? [] : { id, name, is_visible, completed, failed, wait, run },
          )
        : [],
  };
}

const sumOf = (rows: readonly { completed: number; failed: number }[], name: "completed" | "failed") =>
  rows.reduce((sum, row) => sum + row[name], 0);
