import { sql } from "drizzle-orm";
import { type Database, repeatable } from "../db/client.ts";
import { may } from "../runs/run-rows.ts";
import { judgedAt, lockDefinitions, type Promotion, promoteLocked, timeOutLocked } from "../runs/slots.ts";
import type { DispatchRow } from "./dispatch.ts";

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

/** A dispatch that its runner has accepted with this HTTP status. */
export type Acceptance = { dispatch: DispatchRow; status: number };

/**
 * The same of many, in one statement. Passes over a run that somebody holds: its result or its end is quicker, or it
 * is delivered again.
 */
export async function recordDispatchesAccepted(db: Database, acceptances: readonly Acceptance[]): Promise<void> {
  if (acceptances.length === 0) return;
  const list = (values: (string | number)[], type: "uuid" | "int") => sql`${sql.param(values)}::${sql.raw(type)}[]`;
  const runIds = list(
    acceptances.map(({ dispatch }) => dispatch.run_id),
    "uuid",
  );
  const attempts = list(
    acceptances.map(({ dispatch }) => dispatch.attempt),
    "int",
  );
  const statuses = list(
    acceptances.map(({ status }) => status),
    "int",
  );
  // Guarantees: a hand-over is recorded with its event, or not at all.
  // Closes the race with a sweep that times out some of the same runs: neither waits for a row that the other holds.
  await db.execute(sql`
    with held as (
      select r.id, told.status
      from unnest(${runIds}, ${attempts}, ${statuses}) told (run_id, attempt, status)
      join workflow_runs r on r.id = told.run_id and r.attempt = told.attempt
      where r.next_dispatch_at is not null
      for update of r skip locked
    ), accepted as (
      update workflow_runs r set next_dispatch_at = null, dispatched_at = statement_timestamp()
      from held
      where r.id = held.id
      returning r.id, r.tenant_id, r.attempt, r.dispatch_count, held.status
    )
    insert into workflow_run_events (tenant_id, run_id, attempt, type, detail)
    select tenant_id, id, attempt, 'DISPATCHED', jsonb_build_object('status', status, 'tries', dispatch_count)
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
    db.execute<DispatchRow>(promoteLocked(options)),
  ]);
  options.onPromoted(rows);
}
