import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import type { Credential } from "../../../db/access.ts";
import {
  type Caller as CallerExpression,
  callerBy,
  mayChangeDefinition,
  maySeeDefinition,
  maySeeRun,
  maySeeUser,
} from "../../../db/caller.ts";
import { type Database, repeatable } from "../../../db/client.ts";
import type { FailureCode, RunEventType } from "../../../db/enums.ts";
import { runningAttempts as a } from "../../../db/lease-tables.ts";
import { instant, instantOrNull } from "../../../db/rows.ts";
import { workflowRunEvents as e, workflowRunLogs as l } from "../../../db/run-tables.ts";
import { workflowDefinitions as d, users } from "../../../db/tables.ts";
import type { RunFile } from "../../../runs/artifacts/list-artifacts.ts";
import type { Labels } from "../../../runs/labels.ts";
import { eventsOf } from "../../../runs/run-events.ts";
import type { RunFilter } from "../../../runs/run-filter.ts";
import {
  isPending,
  keysBefore,
  placeInQueue,
  type RunRow,
  r,
  runFields,
  seenNow,
  shownNow,
  type WaitReason,
  waitingNow,
} from "../../../runs/run-rows.ts";
import type { Policy } from "../../../workflows/policy.ts";
import { type StartObstacle, startObstacle } from "../../../workflows/workflow-definitions.ts";
import { type Caller, nameOf, nameOfUser, requirePageCaller, selectCaller } from "../../caller.ts";
import { type SessionRow, selectRunnersFor } from "../../runners/kit/view-runners.ts";
import { type TriggerOfRun, triggerOfRun } from "../../triggers/kit/triggered-by.tsx";
import { selectNeighbour } from "../list/neighbours.ts";
import { type Kept, selectKept, toKept } from "../suspended/view-suspension.ts";

/** An event of a run. `user_name` is the user who caused it, or null. */
export type ViewedEvent = {
  type: RunEventType;
  attempt: number;
  at: string;
  detail: Record<string, unknown> | null;
  user_name: string | null;
};

/** A run with all data of its page. Instants are RFC 3339. */
export type ViewedRun = RunRow &
  Kept & {
    attempt: number;
    user_name: string;
    /** The user, for a caller who may see their page. */
    person_id: string | null;
    is_theirs: boolean;
    /** Which changes the state of the run allows, whatever the caller's rights. */
    possible: Record<"stop" | "retry" | "delete", boolean>;
    workflow: {
      is_visible: boolean;
      is_active: boolean;
      obstacle: StartObstacle | null;
      is_leased: boolean;
      /** That of today, for a caller who may see the workflow. */
      input_schema: Policy["input_schema"];
    };
    /** Why it waits: `wait_reason` in SQL. Null when it does not wait. */
    wait_reason: WaitReason | null;
    /** When it joins its queue: its `start_after`, or the end of a back-off. Null when it does not wait for that. */
    not_before: string | null;
    /** When it expires, while it is PENDING. */
    must_start_by: string | null;
    /** What the heartbeats of the RUNNING attempt reported. All fields are null when there were none. */
    progress: { percent: number | null; message: string | null; heartbeat_at: string | null };
    /** A requested stop, of a RUNNING run whose runner still has time to end its work. */
    stop: { reason: string | null; acknowledged_at: string | null; ends_at: string } | null;
    idempotency_key: string | null;
    batch_id: string | null;
    labels: Labels;
    /** The trigger that has triggered it. Null for a run that a person has invoked. */
    trigger: TriggerOfRun | null;
    begun_at: string | null;
    deadline_at: string | null;
    dispatched_at: string | null;
    next_dispatch_at: string | null;
    /** How often the dispatch of this attempt was tried, and why the last try failed. */
    dispatch_count: number;
    dispatch_error: string | null;
    failure_code: FailureCode | null;
    /** JSON as text. It is cut off, a little after what the page shows. */
    input: string | null;
    output: string | null;
    summary: string | null;
    /** JSON as text. */
    artifacts: string | null;
    /** The newest of each name since the last retry. */
    files: RunFile[];
    /** The attempts that have a log, the first one first. */
    logged_attempts: number[];
    /** See `place_in_queue` in SQL: 1 for the run that is next, and null unless it is PENDING and in the queue. */
    queue_position: number | null;
    /** The runs that keep this PENDING run from starting, of those that the caller may see; the first to end first. */
    blockers: { id: string; user_name: string; deadline_at: string }[];
    /** Empty for a run without one. */
    concurrency_key: string;
    priority: number;
    /** Whether its caller may change its priority, while it is PENDING. */
    may_prioritize: boolean;
    /** Whether the runs of each key are limited. Then each key has a queue of its own. */
    keys_take_turns: boolean;
    /** How many keys have their turn before its own. Null unless keys take turns, and it is in the queue. */
    keys_before: number | null;
    events: ViewedEvent[];
    /** The runners that may lease it while it is PENDING. */
    runners: SessionRow[];
    /** The number of all events. It may be larger than the number of listed events. */
    total_events: number;
  };

/** Whether the page has only the beginning of the input. */
export const isInputCut = ({ input }: ViewedRun): boolean => input !== null && [...input].length > MAX_SHOWN;

const MAX_EVENTS = 200;
/** How many characters of a JSON value the page shows. The API has the whole value. */
export const MAX_SHOWN = 4096;

/**
 * A run with its latest {@link MAX_EVENTS} events, oldest first. The run is null when it does not exist or the caller may not
 * see it. `newer` and `older` are the ids of the runs before and after it in the list with this filter; null at its ends, and without a
 * filter.
 * @throws Unauthenticated
 */
export async function viewRun(
  db: Database,
  credential: Credential,
  id: string,
  filter: RunFilter | null,
): Promise<{ caller: Caller; now: string; run: ViewedRun | null; newer: string | null; older: string | null }> {
  const caller = callerBy(db, credential);
  const isNamed = and(eq(r.tenantId, caller.tenantId), eq(r.id, id));
  const isAsked = and(isNamed, maySeeRun(caller, r));
  const {
    callers,
    runs: [run],
    blockers,
    latest,
    runners,
    newer: [newer],
    older: [older],
    ...kept
  } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    runs: selectRun(db, caller, isAsked),
    blockers: selectBlockers(db, caller, isAsked),
    latest: selectEvents(db, caller, isNamed),
    runners: selectRunnersFor(db, caller, isAsked),
    newer: selectNeighbour(db, caller, { id, filter, direction: "newer" }),
    older: selectNeighbour(db, caller, { id, filter, direction: "older" }),
    ...selectKept(db, caller, credential, { id, isAsked }),
  });
  const found = run && {
    ...run,
    ...toKept(kept),
    stop: run.stop.ends_at === null ? null : { ...run.stop, ends_at: run.stop.ends_at },
    blockers,
    events: latest.toReversed(),
    runners,
  };
  return { ...requirePageCaller(callers), run: found ?? null, newer: newer?.id ?? null, older: older?.id ?? null };
}

function selectRun(db: Database, caller: CallerExpression, isAsked: SQL | undefined) {
  const seen = seenNow(db);
  const waiting = waitingNow(db, seen);
  const isPossible = (event: "stop" | "retry" | "delete") =>
    sql<boolean>`public.next_status(${seen.status}, ${event}) is not null`;
  const textOf = (json: typeof r.input | typeof r.output) => sql<string | null>`left(${json}::text, ${MAX_SHOWN + 1})`;
  return db
    .with(caller)
    .select({
      ...runFields,
      attempt: r.attempt,
      user_name: nameOfUser(db, r.userId),
      person_id: sql<string | null>`case when ${maySeeUser(caller, r.userId)} then ${r.userId} end`,
      is_theirs: sql<boolean>`public.may_change_run(${caller.role}, ${caller.userId}, ${r.userId})`,
      possible: { stop: isPossible("stop"), retry: isPossible("retry"), delete: isPossible("delete") },
      workflow: {
        is_visible: maySeeDefinition(caller, d.id),
        is_active: d.isActive,
        obstacle: startObstacle,
        is_leased: sql<boolean>`${d.handover} = 'lease'`,
        input_schema: sql<
          Policy["input_schema"]
        >`case when ${maySeeDefinition(caller, d.id)} then ${d.inputSchema} end`,
      },
      wait_reason: waiting.reason,
      progress: {
        percent: sql<number | null>`${a.progressPercent}`,
        message: sql<string | null>`${a.progressMessage}`,
        heartbeat_at: instantOrNull(a.heartbeatAt),
      },
      stop: {
        reason: sql<string | null>`${a.stopReason}`,
        acknowledged_at: instantOrNull(a.stopAcknowledgedAt),
        ends_at: instantOrNull(a.stopEndsAt),
      },
      not_before: sql<string | null>`case when ${r.notBefore} > statement_timestamp() then ${instant(r.notBefore)} end`,
      must_start_by: sql<
        string | null
      >`case when ${isPending} and ${r.suspendedAt} is null then ${instant(r.deadlineAt)} end`,
      idempotency_key: r.idempotencyKey,
      batch_id: r.batchId,
      labels: sql<Labels>`public.labels_of(${r.id})`,
      trigger: triggerOfRun(db),
      concurrency_key: r.concurrencyKey,
      priority: r.priority,
      may_prioritize: mayChangeDefinition(caller, d.id),
      keys_take_turns: sql<boolean>`${d.maxRunningPerKey} is not null`,
      begun_at: instantOrNull(r.startedAt),
      deadline_at: sql<string | null>`case when ${r.startedAt} is not null then ${instant(r.deadlineAt)} end`,
      dispatched_at: instantOrNull(r.dispatchedAt),
      next_dispatch_at: instantOrNull(r.nextDispatchAt),
      dispatch_count: r.dispatchCount,
      dispatch_error: r.dispatchError,
      failure_code: seen.failureCode,
      input: textOf(r.input),
      output: textOf(r.output),
      summary: r.summary,
      artifacts: sql<string | null>`${r.artifacts}::text`,
      files: sql<RunFile[]>`public.artifacts_of(${r.id}, ${r.attempt}, public.files_begin_at(${r.id}, ${r.attempt}))`,
      logged_attempts: sql<number[]>`array(${db
        .select({ attempt: l.attempt })
        .from(l)
        .where(eq(l.runId, r.id))
        .orderBy(asc(l.attempt))})`,
      queue_position: placeInQueue,
      keys_before: keysBefore,
      total_events: db.$count(e, eq(e.runId, r.id)),
    })
    .from(caller)
    .innerJoin(r, isAsked)
    .crossJoinLateral(shownNow)
    .crossJoinLateral(seen)
    .crossJoinLateral(waiting)
    .innerJoin(d, eq(d.id, r.workflowDefinitionId))
    .leftJoin(a, eq(a.runId, r.id));
}

/** Selects the runs that keep a PENDING run from starting, of those that the caller may see. */
function selectBlockers(db: Database, caller: CallerExpression, isAsked: SQL | undefined) {
  const waiting = db.$with("waiting").as(
    db
      .select({
        definitionId: sql<string>`${r.workflowDefinitionId}`.as("waiting_definition_id"),
        key: sql<string>`${r.concurrencyKey}`.as("waiting_key"),
      })
      .from(caller)
      .innerJoin(r, and(isAsked, isPending, sql`(${r.notBefore} is null or ${r.notBefore} <= statement_timestamp())`)),
  );
  const blocking = db
    .select({ id: sql<string>`blocking.id`.as("blocking_id"), endsAt: sql`blocking.ends_at`.as("blocking_ends_at") })
    .from(sql`public.blocking_runs(${waiting.definitionId}, ${waiting.key}, statement_timestamp()) blocking`)
    .as("blocking");
  return db
    .with(caller, waiting)
    .select({ id: r.id, user_name: nameOfUser(db, r.userId), deadline_at: instant(r.deadlineAt) })
    .from(caller)
    .crossJoin(waiting)
    .crossJoinLateral(blocking)
    .innerJoin(r, and(eq(r.id, blocking.id), maySeeRun(caller, r)))
    .orderBy(blocking.endsAt, blocking.id);
}

/**
 * Selects the latest events of a run, newest first. If the run is overdue and no sweep has recorded its end yet, that end comes
 * first.
 */
function selectEvents(db: Database, caller: CallerExpression, isNamed: SQL | undefined) {
  const { run, happened } = eventsOf(db, caller, isNamed);
  return db
    .with(caller, run, happened)
    .select({
      type: happened.type,
      attempt: happened.attempt,
      at: instant(happened.at),
      detail: happened.detail,
      user_name: sql<string | null>`(${db
        .select({ name: nameOf(users) })
        .from(users)
        .where(
          and(eq(users.tenantId, caller.tenantId), sql`${users.id} = (${happened.detail} ->> 'user_id')::uuid`),
        )})`,
    })
    .from(caller)
    .crossJoin(happened)
    .orderBy(sql`${happened.eventId} desc nulls first`)
    .limit(MAX_EVENTS);
}
