/** Finds the workflows whose runner does not accept runs. */
import { and, desc, eq, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { alias, unionAll } from "drizzle-orm/pg-core";
import {
  type Caller as CallerExpression,
  maySeeDefinition,
  maySeeRunAmong,
  type ReadableDefinitions,
} from "../../db/caller.ts";
import type { Database } from "../../db/client.ts";
import { workflowRunEvents as e, workflowRuns } from "../../db/run-tables.ts";
import { workflowDefinitions as d } from "../../db/tables.ts";
import { r, seenNow } from "../../runs/run-rows.ts";

/** A workflow whose runner does not accept runs. `id` and `name` are those of the workflow. */
export type FailingRunner = {
  id: string;
  name: string;
  is_visible: boolean;
  /** RUNNING runs whose dispatch failed or was postponed, and will be retried. */
  trying: number;
  /** Runs that no runner had accepted, of those that ended in the last day: at most the last 1,000 of the tenant of each hour. */
  never_taken: number;
  /** Why the latest of these dispatches failed. */
  reason: string | null;
};

const MAX_FAILING = 20;

/** How many runs of one hour are examined: those of the tenant that ended last, whether or not the caller may see them. */
const MAX_ENDED_IN_AN_HOUR = 1000;

/** How many hours are examined. */
export const HOURS = 24;

/** The workflows whose runner accepts no runs now, or did not accept some in the last day. */
export function selectFailing(db: Database, caller: CallerExpression, readable: ReadableDefinitions) {
  const running = runningOf(db, caller, readable);
  const ended = endedOf(db, caller, readable);
  const untaken = untakenOf(db, running, ended);
  const failing = failingOf(db, caller, untaken);
  return db
    .with(caller, readable, running, ended, untaken)
    .select()
    .from(failing)
    .orderBy(desc(failing.trying), desc(failing.never_taken), failing.name, failing.id);
}

/** The common table expression `running`: the runs in slots that the caller may see. */
export function runningOf(db: Database, caller: CallerExpression, readable: ReadableDefinitions) {
  const seen = seenNow(db);
  return db.$with("running").as(
    db
      .select({
        id: r.id,
        attempt: r.attempt,
        definitionId: sql<string>`${r.workflowDefinitionId}`.as("definition_id"),
        nextDispatchAt: r.nextDispatchAt,
        dispatchedAt: r.dispatchedAt,
        isOverdue: seen.isOverdue,
        endedAt: seen.completedAt,
        error: seen.error,
      })
      .from(caller)
      .innerJoin(r, and(eq(r.tenantId, caller.tenantId), eq(r.status, "RUNNING"), maySeeRunAmong(caller, readable, r)))
      .crossJoinLateral(seen),
  );
}

/** The common table expression `ended`: of the last runs that ended in each hour, those that the caller may see. */
function endedOf(db: Database, caller: CallerExpression, readable: ReadableDefinitions) {
  const hours = db
    .select({ hour: sql<number>`hour`.as("hour") })
    .from(sql`generate_series(0, ${HOURS - 1}::int) hour`)
    .as("hours");
  const hoursAgo = (count: SQL) => sql`statement_timestamp() - (${count}) * interval '1 hour'`;
  // One lateral query for each hour, so that each reads a short range of the index and at most as many rows as the limit. Inside of it, the
  // rules of who may see a run would make it read all runs of the hour for a USER who sees few.
  const latest = db
    .select({
      definitionId: sql<string>`${r.workflowDefinitionId}`.as("definition_id"),
      id: r.id,
      userId: r.userId,
      endedBy: r.endedBy,
      error: r.error,
      completedAt: r.completedAt,
      dispatchedAt: r.dispatchedAt,
    })
    .from(r)
    .where(
      and(
        eq(r.tenantId, caller.tenantId),
        sql`${r.completedAt} > ${hoursAgo(sql`${hours.hour} + 1`)}`,
        sql`${r.completedAt} <= ${hoursAgo(sql`${hours.hour}`)}`,
      ),
    )
    .orderBy(desc(r.completedAt))
    .limit(MAX_ENDED_IN_AN_HOUR)
    .as("latest");
  return db.$with("ended").as(
    db
      .select({
        id: latest.id,
        definitionId: latest.definitionId,
        endedBy: latest.endedBy,
        error: latest.error,
        completedAt: latest.completedAt,
        dispatchedAt: latest.dispatchedAt,
      })
      .from(caller)
      .crossJoin(hours)
      .crossJoinLateral(latest)
      .where(maySeeRunAmong(caller, readable, { userId: latest.userId, workflowDefinitionId: latest.definitionId })),
  );
}

/**
 * The common table expression `untaken`: RUNNING runs that no runner has accepted yet, and ended runs that no runner had
 * accepted.
 */
function untakenOf(db: Database, running: ReturnType<typeof runningOf>, ended: ReturnType<typeof endedOf>) {
  const columns = (
    run: Record<"id" | "definitionId", SQLWrapper>,
    at: SQLWrapper,
    reason: SQLWrapper,
    isTrying: boolean,
  ) => ({
    id: sql<string>`${run.id}`.as("untaken_id"),
    definitionId: sql<string>`${run.definitionId}`.as("untaken_definition_id"),
    at: sql<string>`${at}`.as("untaken_at"),
    reason: sql<string | null>`${reason}`.as("untaken_reason"),
    isTrying: sql<boolean>`${sql.raw(String(isTrying))}`.as("is_trying"),
  });
  const failure = db
    .select({ at: e.at, reason: sql<string | null>`${e.detail} ->> 'reason'`.as("reason") })
    .from(e)
    .where(
      and(
        eq(e.runId, running.id),
        eq(e.attempt, running.attempt),
        sql`${e.type} in ('DISPATCH_FAILED', 'DISPATCH_POSTPONED')`,
      ),
    )
    .orderBy(desc(e.id))
    .limit(1)
    .as("failure");
  return db.$with("untaken").as(
    unionAll(
      db
        .select(columns(running, failure.at, failure.reason, true))
        .from(running)
        .crossJoinLateral(failure)
        .where(sql`${running.nextDispatchAt} is not null and not ${running.isOverdue}`),
      db
        .select(columns(running, running.endedAt, running.error, false))
        .from(running)
        .where(sql`${running.isOverdue} and ${running.dispatchedAt} is null`),
      db
        .select(columns(ended, ended.completedAt, ended.error, false))
        .from(ended)
        .where(sql`${ended.endedBy} = 'DISPATCH' or (${ended.endedBy} = 'DEADLINE' and ${ended.dispatchedAt} is null)`),
    ),
  );
}

/** The subquery `failing`: {@link FailingRunner}. */
function failingOf(db: Database, caller: CallerExpression, untaken: ReturnType<typeof untakenOf>) {
  const latestOf = (column: SQLWrapper) => sql`(array_agg(${column} order by ${untaken.at} desc))[1]`;
  const counted = db
    .select({
      definitionId: sql<string>`${untaken.definitionId}`.as("counted_id"),
      trying: sql<number>`(count(*) filter (where ${untaken.isTrying}))::int`.as("trying"),
      neverTaken: sql<number>`(count(*) filter (where not ${untaken.isTrying}))::int`.as("never_taken"),
      runId: sql<string>`${latestOf(untaken.id)}`.as("run_id"),
      reason: sql<string | null>`${latestOf(untaken.reason)}`.as("reason"),
    })
    .from(untaken)
    .groupBy(untaken.definitionId)
    .orderBy(sql`trying desc, never_taken desc`, untaken.definitionId)
    .limit(MAX_FAILING)
    .as("counted_untaken");
  const run = alias(workflowRuns, "run");
  return db
    .select({
      id: sql<string>`${counted.definitionId}`.as("id"),
      name: sql<string>`coalesce(${d.name}, ${run.runSnapshot} ->> 'workflow_name')`.as("name"),
      is_visible: sql<boolean>`${d.id} is not null`.as("is_visible"),
      trying: counted.trying,
      never_taken: counted.neverTaken,
      reason: counted.reason,
    })
    .from(caller)
    .crossJoin(counted)
    .innerJoin(run, eq(run.id, counted.runId))
    .leftJoin(d, and(eq(d.id, counted.definitionId), maySeeDefinition(caller, d.id)))
    .as("failing");
}
