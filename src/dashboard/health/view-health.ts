import { sql } from "drizzle-orm";
import {
  authenticated,
  type Credential,
  definitionIsVisible,
  ofTenant,
  principal,
  readableDefinitions,
  runIsAmongVisible,
} from "../../db/access.ts";
import { type Database, repeatable } from "../../db/client.ts";
import { instant } from "../../db/rows.ts";
import { endsAt, isOverdue } from "../../runs/run-rows.ts";
import { type Caller, caller } from "../caller.ts";

/** One of the last 24 hours. `hour` is 0 for the hour that ends now. */
export type Hour = {
  hour: number;
  completed: number;
  failed: number;
  timed_out: number;
  /** The longest time from a deadline to the sweep that recorded it. Null when no run timed out. */
  lag_max_seconds: number | null;
};

/** A workflow whose runner does not take its runs. `id` and `name` are the workflow's. */
export type FailingRunner = {
  id: string;
  name: string;
  is_visible: boolean;
  /** RUNNING runs whose dispatch has failed or was postponed, and will be tried again. */
  trying: number;
  /** Runs that ended in the last day without any runner having taken them. */
  never_taken: number;
  /** Why the latest of these dispatches failed. */
  reason: string | null;
};

export type HealthView = {
  caller: Caller;
  now: string;
  /** The last sweep of the whole service. Null before the first. */
  sweep: { ended_at: string | null; seconds_since: number | null; seconds_taken: number | null } | null;
  overdue: number;
  overdue_seconds: number | null;
  /** Dispatches that are due, and for how long the first of them has been. */
  due: number;
  due_seconds: number | null;
  /** Dispatches that have failed and will be tried again later. */
  postponed: number;
  hours: Hour[];
  failing: FailingRunner[];
};

const MAX_FAILING = 20;

/** How many runs of one hour are looked at: the last ones that ended. */
export const MAX_ENDED_IN_AN_HOUR = 1000;

const since = (at: ReturnType<typeof sql>) => sql`extract(epoch from statement_timestamp() - ${at})::float8`;

/**
 * How sweeps and dispatches keep up with the runs that the caller may see: now, and in the last day.
 * @throws Problem `unauthenticated`
 */
export async function viewHealth(db: Database, credential: Credential): Promise<HealthView> {
  const yesterday = sql`(statement_timestamp() - interval '24 hours')`;
  const hourOf = (at: ReturnType<typeof sql>) => sql`least(23, floor(${since(at)} / 3600))::int`;
  const { rows } = await repeatable(db).execute<HealthView>(sql`
    with ${principal(credential)}, ${readableDefinitions}, running as (
      select r.id, r.attempt, r.workflow_definition_id, ${endsAt} as ends_at, r.next_dispatch_at, r.dispatched_at,
        r.dispatch_count, r.dispatch_error, ${isOverdue} as is_overdue
      from principal p
      join workflow_runs r on r.tenant_id = p.tenant_id and r.status = 'RUNNING' and ${runIsAmongVisible}
    ), ended as (
      select hour, latest.*
      from principal p
      cross join generate_series(0, 23) hour
      -- One lateral query for each hour: each reads a short range of the index, and no more rows than the limit.
      cross join lateral (
        select r.id, r.workflow_definition_id, r.status, r.ended_by, r.error, r.completed_at, r.dispatched_at
        from workflow_runs r
        where r.tenant_id = p.tenant_id and ${runIsAmongVisible}
          and r.completed_at > statement_timestamp() - (hour + 1) * interval '1 hour'
          and r.completed_at <= statement_timestamp() - hour * interval '1 hour'
        order by r.completed_at desc
        limit ${MAX_ENDED_IN_AN_HOUR}
      ) latest
    ), swept as (
      select ${hourOf(sql`e.at`)} as hour, count(*)::int as timed_out,
        max((e.detail ->> 'lag_ms')::float8) / 1000 as lag_max_seconds
      from principal p
      join workflow_run_events e on e.tenant_id = p.tenant_id and e.type = 'TIMED_OUT' and e.at > ${yesterday}
      join workflow_runs r on r.id = e.run_id and ${runIsAmongVisible}
      group by 1
    ), counted as (
      select hour, count(*) filter (where status = 'COMPLETED')::int as completed,
        count(*) filter (where status = 'FAILED')::int as failed
      from ended group by hour
    ), untaken as (
      select running.id, running.workflow_definition_id, failure.at, failure.detail ->> 'reason' as reason, true as is_trying
      from running
      cross join lateral (
        select e.at, e.detail from workflow_run_events e
        where e.run_id = running.id and e.type in ('DISPATCH_FAILED', 'DISPATCH_POSTPONED')
          and e.attempt = running.attempt
        order by e.id desc limit 1
      ) failure
      where running.next_dispatch_at is not null and not running.is_overdue
      union all
      select id, workflow_definition_id, ends_at, public.never_taken_error(dispatch_count, dispatch_error), false
      from running where is_overdue and dispatched_at is null
      union all
      select id, workflow_definition_id, completed_at, error, false
      from ended where ended_by = 'DISPATCH' or (ended_by = 'DEADLINE' and dispatched_at is null)
    ), failing as (
      select latest.workflow_definition_id as id, coalesce(d.name, r.run_snapshot ->> 'workflow_name') as name,
        d.id is not null as is_visible, latest.trying, latest.never_taken, latest.reason
      from principal p
      cross join (
        select workflow_definition_id, count(*) filter (where is_trying)::int as trying,
          count(*) filter (where not is_trying)::int as never_taken,
          (array_agg(id order by at desc))[1] as run_id, (array_agg(reason order by at desc))[1] as reason
        from untaken
        group by workflow_definition_id
        order by trying desc, never_taken desc, workflow_definition_id
        limit ${MAX_FAILING}
      ) latest
      join workflow_runs r on r.id = latest.run_id
      left join workflow_definitions d on d.id = latest.workflow_definition_id and ${definitionIsVisible}
    ), standing as (
      select count(*) filter (where is_overdue)::int as overdue,
        max(${since(sql`ends_at`)}) filter (where is_overdue) as overdue_seconds,
        count(*) filter (where not is_overdue and next_dispatch_at <= statement_timestamp())::int as due,
        max(${since(sql`next_dispatch_at`)}) filter (where not is_overdue and next_dispatch_at <= statement_timestamp())
          as due_seconds,
        count(*) filter (where not is_overdue and next_dispatch_at > statement_timestamp())::int as postponed
      from running
    )
    select ${caller}, ${instant(sql`statement_timestamp()`)} as now, standing.*,
      (select jsonb_build_object('ended_at', ${instant(sql`s.ended_at`)}, 'seconds_since', ${since(sql`s.ended_at`)},
        'seconds_taken', case when s.ended_at >= s.began_at
          then extract(epoch from s.ended_at - s.began_at)::float8 end) from sweep_state s) as sweep,
      (select jsonb_agg(jsonb_build_object('hour', hour, 'completed', coalesce(completed, 0), 'failed', coalesce(failed, 0),
          'timed_out', coalesce(timed_out, 0), 'lag_max_seconds', lag_max_seconds) order by hour)
        from generate_series(0, 23) hour left join counted using (hour) left join swept using (hour)) as hours,
      (select coalesce(jsonb_agg(to_jsonb(failing) order by trying desc, never_taken desc, name, id), '[]') from failing)
        as failing, ${ofTenant}
    from principal p cross join standing`);
  return authenticated(rows);
}
