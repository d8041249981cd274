/**
 * Who holds a definition's slot. Every batch that may change it is built from these statements, in this
 * order: lock the definitions, time out what is overdue in them, make the change, promote who is next.
 *
 * The lock is a statement of its own because each statement of a batch takes a fresh snapshot, while the
 * arms of one statement share one: a statement that locks and looks would look with a snapshot that is older
 * than its lock. The ids of the locked definitions travel in a transaction-local setting, since a batch
 * cannot hand one statement's rows to the next.
 */
import { type SQL, sql } from "drizzle-orm";
import { instant } from "../db/rows.ts";
import type { DispatchRow } from "../runners/dispatch.ts";
import { chooseInTurn } from "../sweep/in-turn.ts";
import { isOverdue, may, runColumns, timedOutError } from "./run-rows.ts";

/** Longer than a delivery may take, so that nobody else delivers meanwhile. */
export const DISPATCH_LEASE_SECONDS = 30;

/**
 * What every verb that may promote runs is given: the grace of their deadlines, and whom to hand them to. It is
 * called as soon as they are committed, also when the verb then refuses what it was asked for.
 */
export type Promotion = { graceSeconds: number; onPromoted: (dispatches: readonly DispatchRow[]) => void };

/** The columns of `DispatchRow` for a run `r` with its definition `d`. */
export const dispatchColumns = sql`
  r.id as run_id, r.tenant_id, r.workflow_definition_id, r.attempt, r.dispatch_count,
  ${instant(sql`r.deadline_at`)} as deadline_at, r.run_snapshot, d.runner_url, d.webhook_secret_encrypted,
  ${instant(sql`statement_timestamp()`)} as claimed_at`;

/** Keeps the ids that a query of `(id)` answers for the statements that follow in the batch. */
const keepLocked = (ids: SQL) => sql`
  select set_config('workflow_runs.locked', coalesce(array_agg(id), '{}')::text, true) from (${ids}) locked`;

const locked = sql`unnest(current_setting('workflow_runs.locked')::uuid[]) as locked (id)`;

/**
 * Locks the definitions whose ids the query answers. In id order, so that two who lock several cannot wait
 * for each other.
 */
export const lockDefinitions = (ids: SQL) =>
  keepLocked(sql`
  select d.id from workflow_definitions d where d.id in (${ids}) order by d.id for update of d`);

/**
 * Locks up to `limit` definitions whose slot an overdue run holds, except those that somebody else holds. The longest
 * overdue come first; with `inTurn` the longest overdue of each tenant.
 */
export const lockOverdueDefinitions = ({ limit, inTurn }: { limit: number; inTurn: boolean }) =>
  keepLocked(sql`
  with recursive ${inTurn ? overdueInTurn(limit) : longestOverdue(limit)}
  select d.id
  from (select * from chosen order by turn, since limit ${limit}) chosen
  join workflow_definitions d on d.id = chosen.workflow_definition_id
  order by chosen.turn, chosen.since
  for update of d skip locked`);

const overdueInTurn = (limit: number) =>
  chooseInTurn({ indexed: sql`r.status = 'RUNNING'`, wanted: isOverdue, since: sql`r.deadline_at`, limit });

const longestOverdue = (limit: number) => sql`chosen as (
    select r.workflow_definition_id, 1 as turn, r.deadline_at as since from workflow_runs r
    where ${isOverdue}
    order by r.deadline_at
    limit ${limit}
  )`;

/**
 * When a batch judged, under its lock, what was overdue. Whatever it ends then ends at this instant: were it a later
 * one, a run could end after a deadline by which it had not been failed.
 */
export const judgedAt = sql`current_setting('workflow_runs.judged_at')::timestamptz`;

/**
 * Fails the overdue runs of the locked definitions, and answers one row: how late each was, in milliseconds.
 * Sets {@link judgedAt}.
 *
 * Guarantees: an overdue run is failed once, with the time of its deadline, and leaves one event.
 * Closes the race with a callback: both hold the definition's lock before they look at the run.
 */
export const timeOutLocked = sql`
  with timed_out as (
    update workflow_runs r
    set status = 'FAILED', ended_by = 'DEADLINE', error = ${timedOutError}, next_dispatch_at = null,
        completed_at = r.deadline_at, updated_at = r.deadline_at
    from ${locked}
    where r.workflow_definition_id = locked.id and ${isOverdue}
    returning r.id, r.tenant_id, r.attempt, r.deadline_at,
      round(extract(epoch from statement_timestamp() - r.deadline_at) * 1000)::float8 as lag_ms
  ), recorded as (
    insert into workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select tenant_id, id, attempt, 'TIMED_OUT', deadline_at, jsonb_build_object('lag_ms', lag_ms) from timed_out
  )
  select coalesce(array_agg(lag_ms), '{}') as lags_ms,
    set_config('workflow_runs.judged_at', statement_timestamp()::text, true) as judged_at
  from timed_out`;

/**
 * Gives each free slot of the locked definitions to the run that has waited longest, and answers those runs
 * (`DispatchRow`). `leaseSeconds` says until when the caller, who is told them, delivers them itself; 0 leaves it to
 * the sweep, and answers nothing.
 *
 * Guarantees: first in, first out; a paused definition, or one without a runner, starts nothing.
 * Closes the race between two who free or take the same slot: one of them waits for the other's lock.
 */
export const promoteLocked = ({
  graceSeconds,
  leaseSeconds = DISPATCH_LEASE_SECONDS,
}: {
  graceSeconds: number;
  leaseSeconds?: number;
}) => sql`
  with next as (
    select first.id
    from ${locked}
    join workflow_definitions d on d.id = locked.id
    cross join lateral (
      select r.id from workflow_runs r
      where r.workflow_definition_id = d.id and r.status = 'PENDING'
      order by r.queue_position
      limit 1
    ) first
    where d.is_active and d.runner_url is not null
      and not exists (select from workflow_runs r where r.workflow_definition_id = d.id and r.status = 'RUNNING')
  ), promoted as (
    update workflow_runs r
    set status = 'RUNNING', started_at = statement_timestamp(), updated_at = statement_timestamp(),
        deadline_at = statement_timestamp() + make_interval(
          secs => (r.run_snapshot ->> 'max_run_duration_seconds')::int + ${graceSeconds}::int),
        next_dispatch_at = statement_timestamp() + make_interval(secs => ${leaseSeconds}::int),
        dispatch_count = ${leaseSeconds > 0 ? 1 : 0}::int
    from next
    where r.id = next.id and ${may("promote")}
    returning r.*
  ), recorded as (
    insert into workflow_run_events (tenant_id, run_id, attempt, type)
    select tenant_id, id, attempt, 'STARTED' from promoted
  )
  select ${dispatchColumns} from promoted r join workflow_definitions d on d.id = r.workflow_definition_id
  where ${leaseSeconds}::int > 0`;

/** Keeps the id of the run that a batch will answer with, for {@link answeredRun}. */
export const keepAnswer = (id: SQL) => sql`set_config('workflow_runs.answer', coalesce(${id}::text, ''), true)`;

/** The last statement of a batch that answers with a run: as it stands after all that the batch did. */
export const answeredRun = sql`
  select ${runColumns} from workflow_runs r
  where r.id = (select nullif(current_setting('workflow_runs.answer', true), '')::uuid)`;
