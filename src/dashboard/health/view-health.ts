import { and, eq, sql } from "drizzle-orm";
import type { Credential } from "../../db/access.ts";
import {
  type Caller as CallerExpression,
  callerBy,
  maySeeRunAmong,
  type ReadableDefinitions,
  readableDefinitionsOf,
} from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import { notificationEndpoints as n } from "../../db/notify-and-metric-tables.ts";
import { instantOrNull, secondsSince } from "../../db/rows.ts";
import { workflowRunEvents as e } from "../../db/run-tables.ts";
import { setAside as a, sweepState as s } from "../../db/sweep-tables.ts";
import { isExpired, r } from "../../runs/run-rows.ts";
import { type Deletions, selectDeletions } from "../../sweep/deletions.ts";
import type { SnapshotKind } from "../../sweep/old-snapshots.ts";
import { setAsideColumns } from "../../sweep/sweep-state.ts";
import { type SetAside, WHOLE_STEP } from "../../verbs/sweep-steps.ts";
import { type Caller, requirePageCaller, selectCaller } from "../caller.ts";
import { type SessionRow, selectRunners, selectUrlRunners, type UrlRunner } from "../runners/kit/view-runners.ts";
import type { ChartRange } from "../statistics/kit/range.ts";
import { type Statistics, selectStatistics, toStatistics } from "../statistics/kit/view-statistics.ts";
import { type FailingRunner, HOURS, runningOf, selectFailing } from "./failing-runners.ts";
import { type SilentTrigger, selectSilentTriggers } from "./silent-triggers.tsx";
import { selectWaitingWork, type WaitingWork } from "./waiting-work.tsx";

export type FailingEndpoint = { id: string; url: string; disabled_reason: string | null; failures: number };

export type HealthView = {
  caller: Caller;
  now: string;
  /** The workflows whose runs wait. */
  waiting: WaitingWork[];
  /** The last sweep of the whole service. Null before the first. */
  sweep: { ended_at: string | null; seconds_since: number | null; seconds_taken: number | null } | null;
  /** How many runs have ended by time, such as at their deadlines, without that being recorded. */
  overdue: number;
  overdue_seconds: number | null;
  /** The number of dispatches that are due, and for how long the first of them has been due. */
  due: number;
  due_seconds: number | null;
  /** Dispatches that failed and will be retried later. */
  postponed: number;
  /** How many runs timed out in the last day. */
  timed_out: number;
  /** The longest time from a deadline to the sweep that recorded it. Null when no run timed out. */
  lag_max_seconds: number | null;
  statistics: Statistics;
  failing: FailingRunner[];
  /** Notification endpoints that fail or are disabled; none for a USER, who sees no endpoint. */
  endpoints: FailingEndpoint[];
  /** Triggers that have paused themselves, should have fired, or cannot be planned. */
  triggers: SilentTrigger[];
  /** What is still being deleted of deleted workflows, triggers and endpoints, for an OWNER or ADMIN; null when nothing is. */
  deletions: Deletions | null;
  /** What has failed in a sweep, of this tenant, and steps that fail for all tenants. For an OWNER or ADMIN. */
  set_aside: SetAside[];
  /** What keeps old snapshots of the database open, and the age of the oldest of each kind, for an OWNER or ADMIN. */
  snapshots: { kind: SnapshotKind; age_seconds: number | null }[];
  /** The runners of the tenant that have a session, for an OWNER or ADMIN; nobody else sees any. */
  runners: SessionRow[];
  /** The runners with a URL, for the same. */
  url_runners: UrlRunner[];
};

/** How many rows that are set aside a page shows. */
const MAX_SHOWN = 20;

/**
 * Whether the work of the tenant moves, for the runs that the caller may see: what waits and for what, and how well sweeps and dispatches
 * keep up; now, and in the last day.
 * @throws Unauthenticated
 */
export async function viewHealth(db: Database, credential: Credential, range: ChartRange): Promise<HealthView> {
  const caller = callerBy(db, credential);
  const readable = readableDefinitionsOf(db, caller);
  const {
    callers,
    standings: [standing],
    sweeps: [sweep = null],
    sweptRuns: [swept],
    failing,
    endpoints,
    triggers,
    deletions: [deletions],
    setAside,
    snapshots,
    runners,
    urlRunners,
    waiting,
    statistics,
  } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    standings: selectStanding(db, caller, readable),
    sweeps: selectSweep(db, caller),
    sweptRuns: selectSwept(db, caller, readable),
    failing: selectFailing(db, caller, readable),
    endpoints: selectFailingEndpoints(db, caller),
    triggers: selectSilentTriggers(db, caller),
    deletions: selectDeletionsFor(db, caller),
    setAside: selectSetAside(db, caller),
    snapshots: selectSnapshots(db, caller),
    runners: selectRunners(db, caller),
    urlRunners: selectUrlRunners(db, caller),
    waiting: selectWaitingWork(db, caller),
    statistics: selectStatistics(db, caller, range),
  });
  return {
    ...requirePageCaller(callers),
    sweep,
    ...(standing ?? { overdue: 0, overdue_seconds: null, due: 0, due_seconds: null, postponed: 0 }),
    ...(swept ?? { timed_out: 0, lag_max_seconds: null }),
    statistics: toStatistics(range, statistics),
    failing,
    endpoints,
    triggers,
    deletions: deletions?.seconds == null ? null : deletions,
    set_aside: setAside,
    snapshots,
    runners,
    url_runners: urlRunners,
    waiting,
  };
}

/** The endpoints of the tenant that fail repeatedly, or were disabled because of that. For an OWNER or ADMIN. */
const selectFailingEndpoints = (db: Database, caller: CallerExpression) =>
  db
    .with(caller)
    .select({
      id: n.id,
      url: sql<string>`public.runner_origin(${n.url})`,
      disabled_reason: n.disabledReason,
      failures: n.failures,
    })
    .from(caller)
    .innerJoin(n, and(eq(n.tenantId, caller.tenantId), sql`${caller.isAdministrator}`))
    .where(sql`${n.failures} > 0 and (${n.disabledAt} is not null or ${n.probeAt} is not null)`)
    .orderBy(n.createdAt);

function selectDeletionsFor(db: Database, caller: CallerExpression) {
  const found = selectDeletions(db, sql`${caller.tenantId}`).as("found");
  return db
    .with(caller)
    .select({
      ...{ workflows: found.workflows, triggers: found.triggers, endpoints: found.endpoints },
      ...{ runs: found.runs, seconds: found.seconds },
    })
    .from(caller)
    .crossJoinLateral(found)
    .where(sql`${caller.isAdministrator}`);
}

const selectSetAside = (db: Database, caller: CallerExpression) =>
  db
    .with(caller)
    .select(setAsideColumns)
    .from(caller)
    .innerJoin(a, sql`${caller.isAdministrator} and (${eq(a.tenantId, caller.tenantId)} or ${eq(a.rowId, WHOLE_STEP)})`)
    .orderBy(sql`${a.rowId} <> ${WHOLE_STEP}`, a.failedAt)
    .limit(MAX_SHOWN);

/** Not by whom, and nothing of the other databases, roles and tenants: only the kinds and ages. */
const selectSnapshots = (db: Database, caller: CallerExpression) =>
  db
    .with(caller)
    .select({ kind: sql<SnapshotKind>`s.kind`, age_seconds: sql<number | null>`max(s.age_seconds)` })
    .from(caller)
    .innerJoin(sql`public.old_snapshots() s`, sql`${caller.isAdministrator}`)
    .groupBy(sql`s.kind`)
    .orderBy(sql`s.kind`);

function selectStanding(db: Database, caller: CallerExpression, readable: ReadableDefinitions) {
  const running = runningOf(db, caller, readable);
  const expired = expiredOf(db, caller, readable);
  const isDue = sql`not ${running.isOverdue} and ${running.nextDispatchAt} <= statement_timestamp()`;
  const isPostponed = sql`not ${running.isOverdue} and ${running.nextDispatchAt} > statement_timestamp()`;
  return db
    .with(caller, readable, running, expired)
    .select({
      overdue: sql<number>`(count(*) filter (where ${running.isOverdue}) + (select count(*) from ${expired}))::int`,
      overdue_seconds: secondsSince(sql`least(min(${running.endedAt}) filter (where ${running.isOverdue}),
        (select min(${expired.endedAt}) from ${expired}))`),
      due: sql<number>`(count(*) filter (where ${isDue}))::int`,
      due_seconds: secondsSince(sql`min(${running.nextDispatchAt}) filter (where ${isDue})`),
      postponed: sql<number>`(count(*) filter (where ${isPostponed}))::int`,
    })
    .from(running);
}

/** The common table expression `expired`: the expired runs that the caller may see, and of which that is not recorded yet. */
const expiredOf = (db: Database, caller: CallerExpression, readable: ReadableDefinitions) =>
  db.$with("expired").as(
    db
      .select({ endedAt: sql<string>`${r.deadlineAt}`.as("ended_at") })
      .from(caller)
      .innerJoin(r, and(eq(r.tenantId, caller.tenantId), isExpired, maySeeRunAmong(caller, readable, r))),
  );

const selectSweep = (db: Database, caller: CallerExpression) =>
  db
    .with(caller)
    .select({
      ended_at: instantOrNull(s.endedAt),
      seconds_since: secondsSince(s.endedAt),
      seconds_taken: sql<number | null>`case when ${s.endedAt} >= ${s.beganAt}
        then extract(epoch from ${s.endedAt} - ${s.beganAt})::float8 end`,
    })
    .from(caller)
    .crossJoin(s);

/** How many runs timed out, and the longest time from a deadline to the sweep that recorded it. */
function selectSwept(db: Database, caller: CallerExpression, readable: ReadableDefinitions) {
  return db
    .with(caller, readable)
    .select({
      timed_out: sql<number>`count(*)::int`,
      lag_max_seconds: sql<number | null>`max((${e.detail} ->> 'lag_ms')::float8) / 1000`,
    })
    .from(caller)
    .innerJoin(
      e,
      and(
        eq(e.tenantId, caller.tenantId),
        eq(e.type, "TIMED_OUT"),
        sql`${e.at} > statement_timestamp() - make_interval(hours => ${HOURS}::int)`,
      ),
    )
    .innerJoin(r, and(eq(r.id, e.runId), maySeeRunAmong(caller, readable, r)));
}
