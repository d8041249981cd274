/** Finds the workflows whose runner does not accept runs. */
import { and, desc, eq, type SQLWrapper, sql } from "drizzle-orm";
import { alias, unionAll } from "drizzle-orm/pg-core";
import { type Caller as CallerExpression, maySeeDefinition } from "../../db/caller.ts";
import type { Database } from "../../db/client.ts";
import { workflowRunEvents as e, workflowRuns } from "../../db/run-tables.ts";
import { workflowDefinitions as d } from "../../db/tables.ts";
import type { endedOf, runningOf } from "./view-health.ts";

/** A workflow whose runner does not accept runs. `id` and `name` are those of the workflow. */
export type FailingRunner = {
  id: string;
  name: string;
  is_visible: boolean;
  /** RUNNING runs whose dispatch failed or was postponed, and will be retried. */
  trying: number;
  /** Runs that ended in the last day and that no runner had accepted. */
  never_taken: number;
  /** Why the latest of these dispatches failed. */
  reason: string | null;
};

const MAX_FAILING = 20;

/**
 * The common table expression `untaken`: RUNNING runs that no runner has accepted yet, and ended runs that no runner had
 * accepted.
 */
export function untakenOf(db: Database, running: ReturnType<typeof runningOf>, ended: ReturnType<typeof endedOf>) {
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
export function failingOf(db: Database, caller: CallerExpression, untaken: ReturnType<typeof untakenOf>) {
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
