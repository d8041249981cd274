import { sql } from "drizzle-orm";
import {
  authenticated,
  type Credential,
  ofTenant,
  principal,
  readableDefinitions,
  runIsAmongVisible,
} from "../db/access.ts";
import { type Database, repeatable } from "../db/client.ts";
import { isOverdue } from "./run-rows.ts";

/** How the runs that a caller may see stand. Durations in seconds; null where there is nothing to measure. */
export type RunSummary = {
  pending: number;
  running: number;
  /** Ended within the window. */
  completed: number;
  failed: number;
  oldest_pending_seconds: number | null;
  /** Past their deadline, and not swept yet. They count as failed. */
  overdue: number;
  duration_p50_seconds: number | null;
  duration_p95_seconds: number | null;
  /** How long after their deadlines the sweep failed the runs that timed out within the window. */
  time_out_lag_p50_seconds: number | null;
  time_out_lag_max_seconds: number | null;
};

/**
 * Sums up the runs of the caller: those that wait or run now, and those that ended in the last `windowSeconds`.
 * @throws Problem `unauthenticated`
 */
export async function summariseRuns(db: Database, credential: Credential, windowSeconds: number): Promise<RunSummary> {
  const since = sql`(statement_timestamp() - make_interval(secs => ${windowSeconds}::int))`;
  const { rows } = await repeatable(db).execute<RunSummary>(sql`
    with ${principal(credential)}, ${readableDefinitions}, active as (
      select r.status, r.created_at, ${isOverdue} as is_overdue, r.deadline_at
      from principal p
      join workflow_runs r on r.tenant_id = p.tenant_id and r.status in ('PENDING', 'RUNNING') and ${runIsAmongVisible}
    ), ended as (
      select r.status, extract(epoch from r.completed_at - r.started_at)::float8 as seconds
      from principal p
      join workflow_runs r on r.tenant_id = p.tenant_id and r.completed_at > ${since} and ${runIsAmongVisible}
    ), lag as (
      select (e.detail ->> 'lag_ms')::float8 / 1000 as seconds
      from principal p
      join workflow_run_events e on e.tenant_id = p.tenant_id and e.type = 'TIMED_OUT' and e.at > ${since}
      join workflow_runs r on r.id = e.run_id and ${runIsAmongVisible}
    ), now as (
      select
        count(*) filter (where status = 'PENDING')::int as pending,
        count(*) filter (where status = 'RUNNING' and not is_overdue)::int as running,
        count(*) filter (where is_overdue)::int as overdue,
        count(*) filter (where is_overdue and deadline_at > ${since})::int as overdue_in_window,
        extract(epoch from statement_timestamp() - min(created_at) filter (where status = 'PENDING'))::float8
          as oldest_pending_seconds
      from active
    ), lately as (
      select
        count(*) filter (where status = 'COMPLETED')::int as completed,
        count(*) filter (where status = 'FAILED')::int as failed,
        percentile_cont(0.5) within group (order by seconds) filter (where status = 'COMPLETED') as duration_p50_seconds,
        percentile_cont(0.95) within group (order by seconds) filter (where status = 'COMPLETED') as duration_p95_seconds
      from ended
    ), lateness as (
      select percentile_cont(0.5) within group (order by seconds) as time_out_lag_p50_seconds,
        max(seconds) as time_out_lag_max_seconds
      from lag
    )
    select now.pending, now.running, lately.completed, lately.failed + now.overdue_in_window as failed,
      now.oldest_pending_seconds, now.overdue, lately.duration_p50_seconds, lately.duration_p95_seconds,
      lateness.time_out_lag_p50_seconds, lateness.time_out_lag_max_seconds, ${ofTenant}
    from principal p cross join now cross join lately cross join lateness`);
  return authenticated(rows);
}
