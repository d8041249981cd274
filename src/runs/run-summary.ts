import { and, eq, inArray, sql } from "drizzle-orm";
import type { Credential } from "../db/access.ts";
import { callerBy, maySeeRunAmong, readableDefinitionsOf, requireCaller } from "../db/caller.ts";
import { type Database, repeatable } from "../db/client.ts";
import { workflowRunEvents as e } from "../db/run-tables.ts";
import { endsAt, isExpired, isOverdue, isPending, r } from "./run-rows.ts";

/** Counts and durations of the runs that a caller may see. Durations are in seconds; null when there is nothing to measure. */
export type RunSummary = {
  pending: number;
  running: number;
  /** Runs that ended within the window. */
  completed: number;
  failed: number;
  oldest_pending_seconds: number | null;
  /** Runs past their end that no sweep has recorded yet. They are included in `failed`. */
  overdue: number;
  duration_p50_seconds: number | null;
  duration_p95_seconds: number | null;
  /** How long after its deadline the sweep failed a run, for the runs that timed out within the window. */
  time_out_lag_p50_seconds: number | null;
  time_out_lag_max_seconds: number | null;
};

/**
 * Summarises the runs that the caller may see: those that wait or run now, and those that ended in the last `windowSeconds`. With
 * labels (`key:value`), only those that have all of them.
 * @throws Unauthenticated
 */
export async function summariseRuns(
  db: Database,
  credential: Credential,
  { windowSeconds, labels }: { windowSeconds: number; labels: readonly string[] },
): Promise<RunSummary> {
  const since = sql`(statement_timestamp() - make_interval(secs => ${windowSeconds}::int))`;
  const caller = callerBy(db, credential);
  const readable = readableDefinitionsOf(db, caller);
  const isLabelled = labels.length === 0 ? undefined : sql`public.has_labels(${r.id}, ${sql.param(labels)}::text[])`;
  const isVisible = and(eq(r.tenantId, caller.tenantId), maySeeRunAmong(caller, readable, r), isLabelled);
  const hasEnded = sql`(${isOverdue} or ${isExpired})`;
  const now = db
    .select({
      pending: sql<number>`count(*) filter (where ${isPending})::int`.as("pending"),
      running: sql<number>`count(*) filter (where ${r.status} = 'RUNNING' and not ${isOverdue})::int`.as("running"),
      overdue: sql<number>`count(*) filter (where ${hasEnded})::int`.as("overdue"),
      overdueInWindow: sql<number>`count(*) filter (where ${hasEnded} and ${endsAt} > ${since})::int`.as(
        "overdue_in_window",
      ),
      oldestPendingSeconds: sql<number | null>`extract(epoch from
        statement_timestamp() - min(${r.createdAt}) filter (where ${isPending}))::float8`.as("oldest_pending_seconds"),
    })
    .from(r)
    .where(and(isVisible, inArray(r.status, ["PENDING", "RUNNING"])))
    .as("now");
  const seconds = sql`extract(epoch from ${r.completedAt} - ${r.startedAt})::float8`;
  const duration = (percentile: string) =>
    sql<number | null>`percentile_cont(${sql.raw(percentile)}) within group (order by ${seconds})
      filter (where ${r.status} = 'COMPLETED')`;
  const lately = db
    .select({
      completed: sql<number>`count(*) filter (where ${r.status} = 'COMPLETED')::int`.as("completed"),
      failed: sql<number>`count(*) filter (where ${r.status} = 'FAILED')::int`.as("failed"),
      durationP50Seconds: duration("0.5").as("duration_p50_seconds"),
      durationP95Seconds: duration("0.95").as("duration_p95_seconds"),
    })
    .from(r)
    .where(and(isVisible, sql`${r.completedAt} > ${since}`))
    .as("lately");
  const lagSeconds = sql`(${e.detail} ->> 'lag_ms')::float8 / 1000`;
  const lateness = db
    .select({
      p50Seconds: sql<number | null>`percentile_cont(0.5) within group (order by ${lagSeconds})`.as("lag_p50_seconds"),
      maxSeconds: sql<number | null>`max(${lagSeconds})`.as("lag_max_seconds"),
    })
    .from(e)
    .innerJoin(r, and(eq(r.id, e.runId), isVisible))
    .where(and(eq(e.tenantId, caller.tenantId), eq(e.type, "TIMED_OUT"), sql`${e.at} > ${since}`))
    .as("lateness");
  const rows = await repeatable(db).select(
    db
      .with(caller, readable)
      .select({
        tenantId: caller.tenantId,
        summary: {
          pending: now.pending,
          running: now.running,
          completed: lately.completed,
          failed: sql<number>`${lately.failed} + ${now.overdueInWindow}`,
          oldest_pending_seconds: now.oldestPendingSeconds,
          overdue: now.overdue,
          duration_p50_seconds: lately.durationP50Seconds,
          duration_p95_seconds: lately.durationP95Seconds,
          time_out_lag_p50_seconds: lateness.p50Seconds,
          time_out_lag_max_seconds: lateness.maxSeconds,
        },
      })
      .from(caller)
      .crossJoinLateral(now)
      .crossJoinLateral(lately)
      .crossJoinLateral(lateness),
  );
  return requireCaller(rows).summary;
}
