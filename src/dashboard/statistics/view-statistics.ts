import { and, desc, eq, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { type Caller, maySeeRunAmong, type ReadableDefinitions } from "../../db/caller.ts";
import type { Database } from "../../db/client.ts";
import { instant } from "../../db/rows.ts";
import { r, seenNow } from "../../runs/run-rows.ts";
import { type Period, STEP_SECONDS, stepsOf } from "./period.ts";

/** Percentiles in seconds; null when there is nothing to measure. */
export type Percentiles = { median: number | null; p95: number | null };

/** The outcomes of the runs that were triggered in a step of a period. */
export type Step = {
  /** When the step begins (RFC 3339). */
  at: string;
  completed: number;
  failed: number;
  /** The time from the trigger to the start, for runs at their first attempt. */
  wait: Percentiles;
  /** The time from the start to the end, for COMPLETED runs. */
  run: Percentiles;
};

/** The steps of a period, earliest first, and the totals of the period. */
export type Statistics = { period: Period; steps: Step[]; total: Omit<Step, "at"> };

/** How many runs of each state are examined in a step: those that were triggered last. */
export const MAX_RUNS_OF_A_STEP = 500;

/**
 * Selects the outcomes of the runs that were triggered in a period, as rows for {@link toStatistics}: one row for each step,
 * and one with a null `at` for the whole period. They are the runs of one workflow, or all runs that the caller may see.
 *
 * For each step and state, one short range of an index is read: `workflow_runs_tenant_status_newest_index`, or for one workflow
 * `workflow_runs_definition_newest_index`.
 */
export function selectStatistics(
  db: Database,
  caller: Caller,
  readable: ReadableDefinitions,
  { period, workflowId }: { period: Period; workflowId?: string },
) {
  const seconds = STEP_SECONDS[period];
  const steps = db
    .select({ at: sql<Date>`step_at`.as("step_at"), state: sql<string>`state`.as("state") })
    .from(sql`(
      select to_timestamp((floor(extract(epoch from statement_timestamp()) / ${seconds}::int) - n) * ${seconds}::int) as step_at
      from generate_series(0, ${stepsOf(period) - 1}::int) n
    ) steps cross join (values ('COMPLETED'), ('FAILED'), ('RUNNING')) states (state)`)
    .as("steps");
  const seen = seenNow(db);
  const runs = db
    .select({
      status: seen.status,
      waitSeconds: sql<number | null>`case when ${r.attempt} = 1
        then extract(epoch from ${r.startedAt} - ${r.createdAt})::float8 end`.as("wait_seconds"),
      runSeconds: sql<number | null>`case when ${seen.status} = 'COMPLETED'
        then extract(epoch from ${r.completedAt} - ${r.startedAt})::float8 end`.as("run_seconds"),
    })
    .from(r)
    .crossJoinLateral(seen)
    .where(
      and(
        eq(r.tenantId, caller.tenantId),
        workflowId === undefined ? undefined : eq(r.workflowDefinitionId, workflowId),
        sql`${r.status} = ${steps.state}`,
        sql`${r.createdAt} >= ${steps.at} and ${r.createdAt} < ${steps.at} + make_interval(secs => ${seconds}::int)`,
        sql`${seen.status} in ('COMPLETED', 'FAILED')`,
        maySeeRunAmong(caller, readable, r),
      ),
    )
    .orderBy(desc(r.createdAt), desc(r.id))
    .limit(MAX_RUNS_OF_A_STEP)
    .as("runs");
  return db
    .with(caller, readable)
    .select({
      at: sql<string | null>`${instant(steps.at)}`,
      completed: countOf(sql`${runs.status} = 'COMPLETED'`),
      failed: countOf(sql`${runs.status} = 'FAILED'`),
      waitMedian: percentile(0.5, runs.waitSeconds),
      waitP95: percentile(0.95, runs.waitSeconds),
      runMedian: percentile(0.5, runs.runSeconds),
      runP95: percentile(0.95, runs.runSeconds),
    })
    .from(caller)
    .crossJoin(steps)
    .leftJoinLateral(runs, sql`true`)
    .groupBy(sql`grouping sets ((${steps.at}), ())`)
    .orderBy(steps.at);
}

const countOf = (condition: SQL) => sql<number>`(count(*) filter (where ${condition}))::int`;

const percentile = (share: number, value: SQLWrapper) =>
  sql<number | null>`percentile_cont(${share}::float8) within group (order by ${value})`;

type Row = Awaited<ReturnType<typeof selectStatistics>>[number];

export function toStatistics(period: Period, rows: readonly Row[]): Statistics {
  const toStep = (row: Row | undefined) => ({
    completed: row?.completed ?? 0,
    failed: row?.failed ?? 0,
    wait: { median: row?.waitMedian ?? null, p95: row?.waitP95 ?? null },
    run: { median: row?.runMedian ?? null, p95: row?.runP95 ?? null },
  });
  return {
    period,
    steps: rows.flatMap((row) => (row.at === null ? [] : [{ at: row.at, ...toStep(row) }])),
    total: toStep(rows.find(({ at }) => at === null)),
  };
}
