/**
 * Reads the state of a whole database for `scripts/doctor.ts`, which shows it to an operator. The Worker itself does not use
 * this.
 */
import { and, count, desc, eq, exists, gt, gte, inArray, isNotNull, isNull, not, or, sql } from "drizzle-orm";
import { alias, unionAll } from "drizzle-orm/pg-core";
import { batch, type Database } from "../db/client.ts";
import { secondsSince } from "../db/rows.ts";
import { workflowRunEvents as e, workflowRuns } from "../db/run-tables.ts";
import { sweepState } from "../db/sweep-tables.ts";
import { workflowDefinitions as d } from "../db/tables.ts";
import { isDue, isRunning, r, seenNow, type WaitReason, waitingNow } from "../runs/run-rows.ts";
import { type SilentTriggers, selectSilentTriggers } from "../triggers/silent-triggers.ts";
import type { SetAside } from "../verbs/sweep-steps.ts";
import { secretKeyIds } from "../webhooks/stored-secrets.ts";
import { type Deletions, selectDeletions } from "./deletions.ts";
import { type OldSnapshot, selectOldSnapshots } from "./old-snapshots.ts";
import { countOverdue, countRuns, secondsSinceFirst, secondsSinceFirstEnd, selectSetAside } from "./sweep-state.ts";

/** Ages are in seconds; null when there is nothing to measure. */
export type Diagnosis = {
  sweep: {
    since_end: number | null;
    /** Since the running sweep began; null when none is running. */
    since_begin: number | null;
    /** Since the sweep was paused; null when it is not paused. */
    since_pause: number | null;
    /** Milliseconds until something is due; null when nothing is planned. */
    due_in_ms: number | null;
    timed_out: number;
    dispatched: number;
    lag_max_ms: number | null;
  };
  /** Counts go up to 10,000. */
  backlog: {
    overdue: number;
    oldest_overdue: number | null;
    due: number;
    oldest_due: number | null;
    /** Dispatches that failed and whose next try is not due yet. */
    waiting_for_retry: number;
  };
  /** What is still being deleted of deleted workflows, triggers and endpoints. */
  deletions: Deletions;
  /** What has failed in a sweep and is tried again later. */
  set_aside: SetAside[];
  stuck: StuckRuns[];
  silent: SilentTriggers[];
  /** Runners that did not accept a run in two or more tries. */
  failing: FailingRunner[];
  /** How many webhook secrets, of workflows, notification endpoints and triggers, are encrypted with each key. */
  secrets: { key_id: string; count: number }[];
  /** What keeps an old snapshot open, the oldest first. */
  snapshots: OldSnapshot[];
  /** False when the role of DATABASE_URL sees only its own sessions, so that `snapshots` lacks those of others. */
  sees_all_sessions: boolean;
};

/**
 * Why a run is stuck.
 * - "lost": it is RUNNING, no runner has accepted it, and no dispatch of it is due.
 * - "not promoted": it is PENDING although it is its turn.
 * - "paused" and "no_runner": it is PENDING because its definition starts no runs.
 * - "lease": it is PENDING, it is its turn, and no runner has asked for it.
 */
export type StuckReason = "lost" | "not promoted" | Extract<WaitReason, "paused" | "no_runner" | "lease">;

export type StuckRuns = { reason: StuckReason; count: number; oldest: number; examples: string[] };

export type FailingRunner = {
  tenant_id: string;
  /** Scheme, host and port of the URL. The rest is left out, since it may contain a secret. */
  runner: string;
  runs: number;
  tries: number;
  last_reason: string | null;
};

const MAX_FAILING = 10;
const MAX_EXAMPLES = 3;

/** A runner counts as failing after this many failed tries. A single failed try may be a restart of the runner. */
const FAILING_TRIES = 2;

/** Reads the diagnosis in one request to the database. */
export async function diagnose(db: Database): Promise<Diagnosis> {
  const isLater = and(gt(r.nextDispatchAt, sql`statement_timestamp()`), gt(r.dispatchCount, 0)) ?? sql`false`;
  const keyId = sql<string>`secret.key_id`;
  const { sweep, backlog, deletions, set_aside, stuck, silent, failing, secrets, snapshots, roles } = await batch(db, {
    sweep: db
      .select({
        since_end: secondsSince(sweepState.endedAt),
        timed_out: sweepState.timedOut,
        dispatched: sweepState.dispatched,
        lag_max_ms: sweepState.lagMaxMs,
        since_begin: sql<number | null>`case
          when ${sweepState.beganAt} > ${sweepState.endedAt} or ${sweepState.endedAt} is null
          then ${secondsSince(sweepState.beganAt)} end`,
        since_pause: secondsSince(sweepState.pausedAt),
        due_in_ms: sql<number | null>`public.deployment_due_in_ms()`,
      })
      .from(sweepState),
    backlog: db
      .select({
        overdue: countOverdue,
        due: countRuns(db, isDue),
        waiting_for_retry: countRuns(db, isLater),
        oldest_overdue: secondsSinceFirstEnd(db),
        oldest_due: secondsSinceFirst(db, r.nextDispatchAt, isDue),
      })
      .from(sql`(values (1)) once`),
    deletions: selectDeletions(db),
    set_aside: selectSetAside(db),
    stuck: selectStuckRuns(db),
    silent: selectSilentTriggers(db),
    failing: selectFailingRunners(db),
    secrets: db
      .select({ key_id: keyId.as("key_id"), count: count() })
      .from(sql`(${secretKeyIds()}) secret`)
      .groupBy(keyId)
      .orderBy(keyId),
    snapshots: selectOldSnapshots(db),
    roles: db
      .select({ sees_all: sql<boolean>`pg_has_role('pg_read_all_stats', 'usage')` })
      .from(sql`(values (1)) once`),
  });
  const never = {
    since_end: null,
    since_begin: null,
    since_pause: null,
    due_in_ms: null,
    timed_out: 0,
    dispatched: 0,
    lag_max_ms: null,
  };
  const none = { overdue: 0, oldest_overdue: null, due: 0, oldest_due: null, waiting_for_retry: 0 };
  const sees_all_sessions = roles[0]?.sees_all ?? false;
  return {
    sweep: sweep[0] ?? never,
    backlog: backlog[0] ?? none,
    deletions: deletions[0] ?? { workflows: 0, triggers: 0, endpoints: 0, runs: 0, seconds: null },
    set_aside,
    stuck,
    silent,
    failing,
    secrets,
    snapshots,
    sees_all_sessions,
  };
}

/**
 * Why runs do not start is decided by `wait_reason` in SQL. A PENDING run behind RUNNING ones is not stuck, since these end at their
 * deadlines at the latest, and the next run starts when a sweep has recorded that. Neither is one whose turn has not come, nor one in a
 * back-off, which ends by itself.
 */
function selectStuckRuns(db: Database) {
  const seen = seenNow(db);
  const waiting = waitingNow(db, seen);
  const holder = alias(workflowRuns, "holder");
  const isHeld = exists(
    db
      .select({ id: holder.id })
      .from(holder)
      .where(and(eq(holder.workflowDefinitionId, r.workflowDefinitionId), eq(holder.status, "RUNNING"))),
  );
  const stuck = unionAll(
    db
      .select({
        id: r.id,
        since: sql<string>`${r.startedAt}`.as("since"),
        reason: sql<StuckReason>`'lost'`.as("reason"),
      })
      .from(r)
      .where(and(isRunning, isNull(r.dispatchedAt), isNull(r.nextDispatchAt))),
    db
      .select({
        id: r.id,
        since: sql<string>`${r.updatedAt}`.as("since"),
        reason: sql<StuckReason>`case ${waiting.reason} when 'slot' then 'not promoted' else ${waiting.reason} end`.as(
          "reason",
        ),
      })
      .from(r)
      .crossJoinLateral(seen)
      .crossJoinLateral(waiting)
      .where(
        and(
          eq(r.status, "PENDING"),
          or(
            and(not(isHeld), inArray(waiting.reason, ["paused", "no_runner"])),
            and(
              waiting.hasTurn,
              or(
                eq(r.id, sql`public.next_run(${r.workflowDefinitionId}, statement_timestamp())`),
                isNull(r.queuePosition),
              ),
            ),
          ),
        ),
      ),
  ).as("stuck");
  return db
    .select({
      reason: stuck.reason,
      count: count(),
      oldest: sql<number>`max(${secondsSince(stuck.since)})`,
      examples: sql<string[]>`(array_agg(${stuck.id} order by ${stuck.since}))[1:${sql.raw(String(MAX_EXAMPLES))}]`,
    })
    .from(stuck)
    .groupBy(stuck.reason)
    .orderBy(stuck.reason);
}

function selectFailingRunners(db: Database) {
  const said = db
    .select({
      eventId: sql<number>`${e.id}`.as("event_id"),
      reason: sql<string>`${e.detail} ->> 'reason'`.as("reason"),
    })
    .from(e)
    .where(and(eq(e.runId, r.id), eq(e.type, "DISPATCH_FAILED")))
    .orderBy(desc(e.id))
    .limit(1)
    .as("said");
  const runner = sql<string>`public.runner_origin(${d.runnerUrl})`;
  const runs = count();
  const tries = sql<number>`max(${r.dispatchCount})`;
  return db
    .select({
      tenant_id: d.tenantId,
      runner,
      runs,
      tries,
      last_reason: sql<string | null>`(array_agg(${said.reason} order by ${said.eventId} desc)
        filter (where ${said.reason} is not null))[1]`,
    })
    .from(r)
    .innerJoin(d, eq(d.id, r.workflowDefinitionId))
    .leftJoinLateral(said, sql`true`)
    .where(
      and(
        isNotNull(r.nextDispatchAt),
        gte(r.dispatchCount, FAILING_TRIES),
        gt(r.deadlineAt, sql`statement_timestamp()`),
      ),
    )
    .groupBy(d.tenantId, runner)
    .orderBy(desc(runs), desc(tries))
    .limit(MAX_FAILING);
}
