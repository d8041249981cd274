import { sql } from "drizzle-orm";
import type { Database } from "./client.ts";
import { isOverdue, timedOutError } from "./rows.ts";

/**
 * Fails up to `limit` overdue runs, the longest overdue first, and writes an event for each. Returns how
 * late each was, in milliseconds; fewer than `limit` means that none is left that nobody else holds.
 */
export async function timeOutOverdueRuns(db: Database, limit: number): Promise<number[]> {
  // Guarantees: each overdue run is failed once, whoever else sweeps, and its slot is changed under its lock.
  // Closes the race with a callback: both lock the definition first and look at the run only then.
  const [, { rows }] = await db.batch([
    db.execute(sql`
      select set_config('workflow_runs.claimed', coalesce(array_agg(id), '{}')::text, true)
      from (
        select r.id
        from workflow_runs r
        join workflow_definitions d on d.id = r.workflow_definition_id
        where ${isOverdue}
        order by r.deadline_at
        limit ${limit}
        for update of d skip locked
      ) claimed`),
    db.execute<{ lags_ms: number[] }>(sql`
      with timed_out as (
        update workflow_runs r
        set status = 'FAILED', ended_by = 'DEADLINE', error = ${timedOutError}, next_dispatch_at = null,
            completed_at = r.deadline_at, updated_at = r.deadline_at
        from unnest(current_setting('workflow_runs.claimed')::uuid[]) as claimed (id)
        where r.id = claimed.id and ${isOverdue}
        returning r.id, r.tenant_id, r.attempt, r.deadline_at,
          round(extract(epoch from statement_timestamp() - r.deadline_at) * 1000)::float8 as lag_ms
      ), recorded as (
        insert into workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
        select tenant_id, id, attempt, 'TIMED_OUT', deadline_at, jsonb_build_object('lag_ms', lag_ms) from timed_out
      )
      select coalesce(array_agg(lag_ms), '{}') as lags_ms from timed_out`),
  ]);
  return rows[0]?.lags_ms ?? [];
}
