import { sql } from "drizzle-orm";
import type { DispatchRow } from "../core/dispatch.ts";
import { type Database, repeatable } from "./client.ts";
import { may } from "./rows.ts";
import {
  DISPATCH_LEASE_SECONDS,
  dispatchColumns,
  judgedAt,
  lockDefinitions,
  type Promotion,
  promoteLocked,
  timeOutLocked,
} from "./slots.ts";

/** Takes up to `limit` due dispatches, the longest due first, under a lease: until it runs out nobody else does. */
export async function claimDueDispatches(db: Database, limit: number): Promise<DispatchRow[]> {
  // Guarantees: a due dispatch is taken by one caller at a time, and comes back when that caller dies.
  // Closes the race between two sweeps: each passes over the rows that the other holds.
  const { rows } = await db.execute<DispatchRow>(sql`
    with due as (
      select r.id from workflow_runs r
      where r.next_dispatch_at <= statement_timestamp() and r.deadline_at > statement_timestamp()
      order by r.next_dispatch_at
      limit ${limit}
      for update skip locked
    ), claimed as (
      update workflow_runs r
      set next_dispatch_at = statement_timestamp() + make_interval(secs => ${DISPATCH_LEASE_SECONDS}::int),
          dispatch_count = r.dispatch_count + 1
      from due
      where r.id = due.id
      returning r.*
    )
    select ${dispatchColumns} from claimed r join workflow_definitions d on d.id = r.workflow_definition_id`);
  return rows;
}

/** The attempt of a run that a dispatch is for: what is said of it must not touch a later attempt. */
const attemptOf = ({ run_id, tenant_id, attempt }: DispatchRow) =>
  sql`r.id = ${run_id} and r.tenant_id = ${tenant_id} and r.attempt = ${attempt} and r.next_dispatch_at is not null`;

/** Writes down that the runner has taken a run. Changes nothing if the run's result was quicker. */
export async function recordDispatchAccepted(db: Database, dispatch: DispatchRow, status: number): Promise<void> {
  await repeatable(db).execute(sql`
    with accepted as (
      update workflow_runs r set next_dispatch_at = null, dispatched_at = statement_timestamp()
      where ${attemptOf(dispatch)}
      returning r.id, r.tenant_id, r.attempt, r.dispatch_count
    )
    insert into workflow_run_events (tenant_id, run_id, attempt, type, detail)
    select tenant_id, id, attempt, 'DISPATCHED', jsonb_build_object('status', ${status}::int, 'tries', dispatch_count)
    from accepted`);
}

/** Writes down why a run could not be handed over, and when that will be tried again. */
export async function postponeDispatch(
  db: Database,
  dispatch: DispatchRow,
  next: { reason: string; delaySeconds: number },
): Promise<void> {
  await db.execute(sql`
    with postponed as (
      update workflow_runs r
      set next_dispatch_at = statement_timestamp() + make_interval(secs => ${next.delaySeconds}::float8)
      where ${attemptOf(dispatch)}
      returning r.id, r.tenant_id, r.attempt, r.dispatch_count, r.next_dispatch_at
    )
    insert into workflow_run_events (tenant_id, run_id, attempt, type, detail)
    select tenant_id, id, attempt, 'DISPATCH_FAILED',
      jsonb_build_object('reason', ${next.reason}::text, 'tries', dispatch_count, 'next_try_at', next_dispatch_at)
    from postponed`);
}

/**
 * Fails a run that its runner will not take, and starts the one that waits behind it. `pause` also pauses the
 * definition, so that nothing more is sent to a runner that is gone.
 */
export async function giveUpDispatch(
  db: Database,
  dispatch: DispatchRow,
  options: { reason: string; pause: boolean } & Promotion,
): Promise<void> {
  // Guarantees: the run ends and its slot goes on in one transaction.
  // Closes the race with a callback or a stop: all of them hold the definition's lock.
  const [, , , , { rows }] = await db.batch([
    db.execute(lockDefinitions(sql`select r.workflow_definition_id from workflow_runs r where ${attemptOf(dispatch)}`)),
    db.execute(timeOutLocked),
    db.execute(sql`
      with failed as (
        update workflow_runs r
        set status = 'FAILED', ended_by = 'DISPATCH', error = ${options.reason}, next_dispatch_at = null,
            completed_at = ${judgedAt}, updated_at = ${judgedAt}
        where ${attemptOf(dispatch)} and ${may("giveUpDispatch")}
        returning r.id, r.tenant_id, r.attempt, r.dispatch_count
      )
      insert into workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
      select f.tenant_id, f.id, f.attempt, e.type, ${judgedAt}, jsonb_build_object('reason', ${options.reason}::text, 'tries', f.dispatch_count)
      from failed f cross join (values (1, 'DISPATCH_FAILED'), (2, 'FAILED')) e (step, type)
      order by e.step`),
    db.execute(sql`
      update workflow_definitions d set is_active = false, updated_at = statement_timestamp()
      where ${options.pause} and d.id = ${dispatch.workflow_definition_id} and d.tenant_id = ${dispatch.tenant_id}
        -- Another runner, which it has got meanwhile, is not gone.
        and d.runner_url = ${dispatch.runner_url}`),
    db.execute<DispatchRow>(
      promoteLocked({ leaseSeconds: DISPATCH_LEASE_SECONDS, graceSeconds: options.graceSeconds }),
    ),
  ]);
  options.onPromoted(rows);
}
