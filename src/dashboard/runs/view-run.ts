import { sql } from "drizzle-orm";
import {
  authenticated,
  type Credential,
  definitionIsVisible,
  ofTenant,
  principal,
  runIsTheirs,
  runIsVisible,
} from "../../db/access.ts";
import { type Database, repeatable } from "../../db/client.ts";
import type { FailureCode, RunEventType } from "../../db/enums.ts";
import { instant } from "../../db/rows.ts";
import { joinSeen, placeInQueue, type RunRow, runColumns } from "../../runs/run-rows.ts";
import { type Caller, caller, nameOf } from "../caller.ts";
import { MAX_SHOWN } from "./run-data.tsx";

/** An event of a run. `user_name` is the person who caused it, or null. */
export type ViewedEvent = {
  type: RunEventType;
  attempt: number;
  at: string;
  detail: Record<string, unknown> | null;
  user_name: string | null;
};

/** A run with everything that its page shows. Instants are RFC 3339. */
export type ViewedRun = RunRow & {
  attempt: number;
  user_name: string;
  is_theirs: boolean;
  /** Which changes the state of the run allows, whoever the caller is. */
  possible: Record<"stop" | "retry" | "delete", boolean>;
  workflow: { is_visible: boolean; is_active: boolean; has_runner: boolean };
  idempotency_key: string | null;
  begun_at: string | null;
  deadline_at: string | null;
  dispatched_at: string | null;
  next_dispatch_at: string | null;
  /** How often the attempt's dispatch was tried, and why the last try failed. */
  dispatch_count: number;
  dispatch_error: string | null;
  failure_code: FailureCode | null;
  /** JSON as text, cut off somewhat behind what the page shows. */
  input: string | null;
  output: string | null;
  summary: string | null;
  /** JSON as text. */
  artifacts: string | null;
  /** True when its attempt has a log. */
  has_log: boolean;
  /** 1 for the run that is next. Null unless PENDING. */
  queue_position: number | null;
  /** The run that holds the slot, if the caller may see it. Null unless PENDING behind one. */
  blocked_by: { id: string; user_name: string; deadline_at: string } | null;
  events: ViewedEvent[];
  /** How many events there are, which may be more than are listed. */
  total_events: number;
};

const MAX_EVENTS = 200;

/**
 * A run with its latest {@link MAX_EVENTS} events, oldest first. The run is null when there is none that the caller may see.
 * @throws Problem `unauthenticated`
 */
export async function viewRun(
  db: Database,
  credential: Credential,
  id: string,
): Promise<{ caller: Caller; now: string; run: ViewedRun | null }> {
  const { rows } = await repeatable(db).execute<{ caller: Caller; now: string; run: ViewedRun | null }>(sql`
    with ${principal(credential)}, run as (
      select r.*
      from principal p join workflow_runs r on r.id = ${id} and ${runIsVisible}
    ), happened as (
      (select e.id, e.type, e.attempt, e.at, e.detail from run join workflow_run_events e on e.run_id = run.id
      order by e.id desc limit ${MAX_EVENTS})
      union all
      select null, public.overdue_event(seen.failure_code), r.attempt, seen.completed_at, null
      from run r ${joinSeen} where seen.is_overdue
    )
    select ${caller}, ${instant(sql`statement_timestamp()`)} as now, (
      select to_jsonb(viewed) from (
        select ${runColumns}, jsonb_build_object(
            'stop', public.next_status(seen.status, 'stop') is not null,
            'retry', public.next_status(seen.status, 'retry') is not null,
            'delete', public.next_status(seen.status, 'delete') is not null) as possible,
          r.attempt, ${runIsTheirs} as is_theirs, r.idempotency_key,
          ${instant(sql`r.started_at`)} as begun_at, ${instant(sql`r.deadline_at`)} as deadline_at,
          ${instant(sql`r.dispatched_at`)} as dispatched_at, ${instant(sql`r.next_dispatch_at`)} as next_dispatch_at,
          r.dispatch_count, r.dispatch_error, seen.failure_code, left(r.input::text, ${MAX_SHOWN + 1}) as input,
          left(r.output::text, ${MAX_SHOWN + 1}) as output, r.summary, r.artifacts::text as artifacts,
          exists (select from workflow_run_logs l where l.run_id = r.id and l.attempt = r.attempt) as has_log,
          (select ${nameOf(sql`u`)} from users u where u.id = r.user_id) as user_name,
          (select jsonb_build_object('is_visible', ${definitionIsVisible}, 'is_active', d.is_active,
              'has_runner', d.runner_url is not null)
            from principal p join workflow_definitions d on d.id = r.workflow_definition_id) as workflow,
          ${placeInQueue} as queue_position,
          case when r.status = 'PENDING' then (
            select jsonb_build_object('id', holder.id, 'deadline_at', ${instant(sql`holder.deadline_at`)},
              'user_name', (select ${nameOf(sql`u`)} from users u where u.id = holder.user_id))
            from workflow_runs holder
            where holder.workflow_definition_id = r.workflow_definition_id
              and holder.status = 'RUNNING'
              and public.run_ends_at(holder.id, holder.status, holder.deadline_at) > statement_timestamp()
              and exists (select from principal p join workflow_runs r on r.id = holder.id and ${runIsVisible})
          ) end as blocked_by,
          (select count(*)::int from workflow_run_events e where e.run_id = r.id) as total_events,
          (select coalesce(jsonb_agg(jsonb_build_object('type', e.type, 'attempt', e.attempt, 'at', ${instant(sql`e.at`)},
              'detail', e.detail, 'user_name', (
                select ${nameOf(sql`u`)} from users u where u.tenant_id = r.tenant_id and u.id = (e.detail ->> 'user_id')::uuid)
              ) order by e.id nulls last), '[]') from happened e) as events
        from run r ${joinSeen}
      ) viewed
    ) as run, ${ofTenant}
    from principal p`);
  return authenticated(rows);
}
