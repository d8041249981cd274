-- The states of a run: the transitions between them, how a run stands at an instant, and how the API shows it.

-- The state of a run after an event; null when the event is not possible in its state. This is the only place that defines the
-- transitions. 'DELETED' means that the row is deleted.
create or replace function public.next_status(p_status text, p_event text) returns text
language sql immutable as $$
  select case p_event
    when 'promote' then case when p_status = 'PENDING' then 'RUNNING' end
    when 'complete' then case when p_status = 'RUNNING' then 'COMPLETED' end
    when 'fail' then case when p_status = 'RUNNING' then 'FAILED' end
    when 'time_out' then case when p_status = 'RUNNING' then 'FAILED' end
    when 'stop' then case when p_status in ('PENDING', 'RUNNING') then 'FAILED' end
    when 'retry' then case when p_status = 'FAILED' then 'PENDING' end
    when 'delete' then case when p_status in ('PENDING', 'COMPLETED', 'FAILED') then 'DELETED' end
  end
$$;

-- How a run stands at an instant: one row. A run whose deadline has passed is FAILED from that instant on, even before a sweep
-- has updated its row. Readers show these values, and the sweep writes the same values, so readers see no difference between
-- before and after it.
create or replace function public.run_as_seen(r public.workflow_runs, p_now timestamptz)
returns table (
  is_overdue boolean, status text, completed_at timestamptz, updated_at timestamptz, error text, failure_code text
)
language sql stable as $$
  select overdue.is_overdue,
    case when overdue.is_overdue then public.next_status(r.status, 'time_out') else r.status end,
    case when overdue.is_overdue then r.deadline_at else r.completed_at end,
    case when overdue.is_overdue then r.deadline_at else r.updated_at end,
    case
      when not overdue.is_overdue then r.error
      when r.dispatched_at is null
        then public.never_taken_error(r.dispatch_count, r.dispatch_error)
      else 'Timed out: no result arrived within ' || extract(epoch from r.deadline_at - r.started_at)::int
        || ' seconds of the start.'
    end,
    case
      when not overdue.is_overdue and r.status <> 'FAILED' then null
      when not overdue.is_overdue and r.failure_code is not null then r.failure_code
      -- What follows is for overdue runs, and for those that an earlier release has ended, which wrote no code.
      when r.ended_by = 'CALLBACK' then 'REPORTED'
      when r.ended_by = 'STOP' then 'STOPPED'
      when r.ended_by = 'DISPATCH' then 'REJECTED'
      when r.dispatched_at is null then 'UNREACHED'
      else 'DEADLINE'
    end
  from (select r.status = 'RUNNING' and r.deadline_at <= p_now as is_overdue) overdue
$$;

-- The error of a run that reached its deadline before any runner had accepted its dispatch.
create or replace function public.never_taken_error(p_tries integer, p_last_error text) returns text
language sql immutable as $$
  select 'The runner never took it: ' || case
    when p_tries = 0 then 'no dispatch was tried before the deadline.'
    else p_tries || case when p_tries = 1 then ' try' else ' tries' end
      -- The reasons begin with "The runner …". That is removed, since the sentence begins with it already.
      || coalesce(', the last: ' || regexp_replace(p_last_error, '^The runner ', ''), ', without an answer.')
  end
$$;

-- An instant in the format of the API, `2026-01-31T12:00:00.000Z`, whatever the session's time zone.
create or replace function public.wire_instant(p_at timestamptz) returns text
language sql stable as $$
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- A run as the contract's `WorkflowRunResponse`, as it stands at an instant; null when there is no such run.
create or replace function public.run_response(p_run_id uuid, p_now timestamptz) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object(
      'id', r.id, 'workflow_definition_id', r.workflow_definition_id, 'user_id', r.user_id,
      'runner_type', r.runner_type, 'status', seen.status,
      'started_at', public.wire_instant(coalesce(r.started_at, r.created_at)),
      'completed_at', public.wire_instant(seen.completed_at), 'run_snapshot', r.run_snapshot, 'error', seen.error,
      'created_at', public.wire_instant(r.created_at), 'updated_at', public.wire_instant(seen.updated_at))
    from public.workflow_runs r
    cross join lateral public.run_as_seen(r, p_now) seen
    where r.id = p_run_id);
end $$;
