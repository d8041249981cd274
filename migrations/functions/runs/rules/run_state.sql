-- The states of a run: the transitions between them, the state at an instant, and how the API shows a run.

-- The state of a run after an event; null when the event is not possible in its state. This is the only place that defines the
-- transitions. 'DELETED' means that the row is deleted.
create or replace function public.next_status(p_status text, p_event text) returns text
language sql immutable as $$
  select jsonb '{
    "promote": {"PENDING": "RUNNING"},
    "lease": {"PENDING": "RUNNING"},
    "release": {"RUNNING": "PENDING"},
    "suspend": {"RUNNING": "PENDING"},
    "complete": {"RUNNING": "COMPLETED"},
    "fail": {"RUNNING": "FAILED"},
    "time_out": {"PENDING": "FAILED", "RUNNING": "FAILED"},
    "stop": {"PENDING": "FAILED", "RUNNING": "FAILED"},
    "start_now": {"PENDING": "PENDING"},
    "prioritize": {"PENDING": "PENDING"},
    "retry": {"FAILED": "PENDING"},
    "delete": {"PENDING": "DELETED", "COMPLETED": "DELETED", "FAILED": "DELETED"}
  }' -> p_event ->> p_status
$$;

-- The state of a run at an instant: one row. A RUNNING run ends at the earliest of three instants: its deadline, the end of its lease, and
-- the end of the time that a stop gave its runner. A PENDING run ends at its `deadline_at`, too: that is `must_start_by` of its invoke, if
-- it had one, and its first start replaces it; or the end of the time for which it is suspended. From that instant on the run is FAILED,
-- even before a sweep has updated its row. A PENDING run has last changed at `not_before`, once that has come. Readers get these values, and the
-- sweep writes the same values, so a reader sees no difference before and after the sweep. When two of the instants are equal, the deadline
-- takes precedence over the stop, and the stop over the lease.
create or replace function public.run_as_seen(r public.workflow_runs, p_now timestamptz)
returns table (
  is_overdue boolean, status text, completed_at timestamptz, updated_at timestamptz, error text, failure_code text
)
language sql stable as $$
  select over.ended_at is not null,
    case when over.ended_at is not null then public.next_status(r.status, 'time_out') else r.status end,
    coalesce(over.ended_at, r.completed_at),
    coalesce(over.ended_at, case
      when r.status = 'PENDING' and r.not_before <= p_now then greatest(r.updated_at, r.not_before) else r.updated_at end),
    case
      when over.ended_at is null then r.error
      when r.status = 'PENDING' then case
        when r.suspended_at is null then public.expired_error(r.deadline_at) else public.wait_expired_error(r.deadline_at) end
      when over.ended_at < r.deadline_at and over.ended_at = over.stop_ends_at
        then public.stopped_error(over.stop_reason)
      when over.ended_at < r.deadline_at
        then 'Lost: the runner sent no heartbeat for ' || public.seconds_in_words(over.lease_seconds) || '.'
      when r.dispatched_at is null
        then public.never_taken_error(r.dispatch_count, r.dispatch_error)
      else 'Timed out: no result arrived within '
        || public.seconds_in_words(extract(epoch from r.deadline_at - r.started_at)::int) || ' of the start.'
    end,
    case
      when over.ended_at is null then r.failure_code
      when r.status = 'PENDING' then case when r.suspended_at is null then 'EXPIRED' else 'WAIT_EXPIRED' end
      when over.ended_at < r.deadline_at then
        case when over.ended_at = over.stop_ends_at then 'STOPPED' else 'LOST' end
      when r.dispatched_at is null then 'UNREACHED'
      else 'DEADLINE'
    end
  from (
    select case when least(r.deadline_at, a.ends_at) <= p_now then least(r.deadline_at, a.ends_at) end as ended_at,
      a.stop_ends_at, a.stop_reason, a.lease_seconds
    from (select) run
    left join public.running_attempts a on a.run_id = r.id
    where r.status = 'RUNNING'
    union all
    select case when r.status = 'PENDING' and r.deadline_at <= p_now then r.deadline_at end, null, null, null
    where r.status <> 'RUNNING'
  ) over
$$;

-- How the end of a run by time is recorded, according to its failure code: the type of the event, and the value of `ended_by`.
create or replace function public.overdue_event(p_failure_code text) returns text
language sql immutable as $$
  select case p_failure_code when 'LOST' then 'LOST' when 'STOPPED' then 'STOPPED' else 'TIMED_OUT' end
$$;

create or replace function public.overdue_ended_by(p_failure_code text) returns text
language sql immutable as $$
  select case p_failure_code when 'LOST' then 'LEASE' when 'STOPPED' then 'STOP' else 'DEADLINE' end
$$;

-- The runs of a tenant that are stored as RUNNING or PENDING and have ended according to `run_as_seen`, the earliest end first: up to
-- `p_limit`, and in some cases up to three times as many. A run may be returned twice. The definitions `p_except` are left out.
create or replace function public.overdue_runs(
  p_tenant_id uuid, p_now timestamptz, p_limit bigint, p_except uuid[] default '{}'
)
returns table (id uuid, workflow_definition_id uuid, ends_at timestamptz)
language sql stable as $$
  (
    select r.id, r.workflow_definition_id, r.deadline_at
    from public.workflow_runs r
    where r.tenant_id = p_tenant_id and r.status = 'RUNNING' and r.deadline_at <= p_now
      and r.workflow_definition_id <> all (p_except)
    order by r.deadline_at
    limit p_limit
  )
  union all
  (
    select r.id, r.workflow_definition_id, a.ends_at
    from public.running_attempts a
    join public.workflow_runs r on r.id = a.run_id
    where a.tenant_id = p_tenant_id and a.ends_at <= p_now and r.status = 'RUNNING'
      and r.workflow_definition_id <> all (p_except)
    order by a.ends_at
    limit p_limit
  )
  union all
  (
    select r.id, r.workflow_definition_id, r.deadline_at
    from public.workflow_runs r
    where r.tenant_id = p_tenant_id and public.is_expired(r, p_now) and r.workflow_definition_id <> all (p_except)
      and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
    order by least(r.not_before, r.deadline_at)
    limit p_limit
  )
$$;

-- How many runs of all tenants have ended by time without that being recorded, counted up to `p_limit`: those of `overdue_runs`. Each
-- part reads one range of an index, so the cost depends on how many are overdue, and not on how many are RUNNING or suspended. The planner
-- expects very many, so that without `random_page_cost` it would read the whole table.
create or replace function public.count_overdue_runs(p_now timestamptz, p_limit integer) returns integer
language plpgsql stable set plan_cache_mode = force_generic_plan set random_page_cost = 1 as $$
begin
  return (
    select least(count(*), p_limit)
    from (
      (select r.id from public.workflow_runs r where r.status = 'RUNNING' and r.deadline_at <= p_now limit p_limit)
      union
      (select a.run_id from public.running_attempts a where a.ends_at <= p_now limit p_limit)
      union
      (
        select r.id from public.workflow_runs r
        where public.is_expired(r, p_now) and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
        order by least(r.not_before, r.deadline_at)
        limit p_limit
      )
    ) overdue);
end $$;

-- True for a PENDING run that has expired by an instant, without that being recorded.
create or replace function public.is_expired(r public.workflow_runs, p_now timestamptz) returns boolean
language sql immutable as $$
  select public.joins_or_expires(r, p_now) and r.deadline_at <= p_now
$$;

-- True for a PENDING run that has expired by an instant, or whose instant to join its queue has come. Indexes find these by the earlier of the
-- two instants.
create or replace function public.joins_or_expires(r public.workflow_runs, p_now timestamptz) returns boolean
language sql immutable as $$
  select r.status = 'PENDING' and least(r.not_before, r.deadline_at) <= p_now
$$;

-- True unless a PENDING run with this `deadline_at` has expired at an instant.
create or replace function public.is_unexpired(p_deadline_at timestamptz, p_now timestamptz) returns boolean
language sql immutable as $$
  select p_deadline_at is null or p_deadline_at > p_now
$$;

-- When a run that is stored as RUNNING or PENDING ends by time, or has ended: see `run_as_seen`. Null for a run in another state, and
-- for a PENDING one that does not expire. It is plpgsql, so that it looks up the run's attempt by its key. As a subquery of a list,
-- the planner might read the attempts of all tenants.
create or replace function public.run_ends_at(p_run_id uuid, p_status text, p_deadline_at timestamptz) returns timestamptz
language plpgsql stable as $$
begin
  if p_status <> 'RUNNING' then
    return case when p_status = 'PENDING' then p_deadline_at end;
  end if;
  return public.ends_by_time(p_deadline_at, (select a.ends_at from public.running_attempts a where a.run_id = p_run_id));
end $$;

-- When a RUNNING run with this deadline ends by time. `p_attempt_ends_at` is `ends_at` of its row in `running_attempts`, if it has one.
create or replace function public.ends_by_time(p_deadline_at timestamptz, p_attempt_ends_at timestamptz) returns timestamptz
language sql immutable as $$
  select least(p_deadline_at, p_attempt_ends_at)
$$;

-- The runs of a definition that are stored as RUNNING, and when each ends by time, or has ended. It is inlined, so that it costs no call
-- for each run, and nothing where `ends_at` is not asked for. Each attempt is looked up by its key: with a join, the planner might read
-- the attempts of all tenants.
create or replace function public.running_runs(p_definition_id uuid) returns table (
  id uuid, user_id uuid, concurrency_key text, slot_no integer, key_slot_no integer, started_at timestamptz,
  deadline_at timestamptz, ends_at timestamptz
)
language sql stable as $$
  select r.id, r.user_id, r.concurrency_key, r.slot_no, r.key_slot_no, r.started_at, r.deadline_at,
    public.ends_by_time(r.deadline_at, (select a.ends_at from public.running_attempts a where a.run_id = r.id))
  from public.workflow_runs r
  where r.workflow_definition_id = p_definition_id and r.status = 'RUNNING'
$$;

-- The progress that the runner of an attempt has reported: {"percent", "message"}, either may be null. Null when it has reported
-- none, or when the attempt is not in progress. An attempt that has ended by time has it until its end is recorded.
create or replace function public.run_progress(p_run_id uuid, p_attempt integer) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object('percent', a.progress_percent, 'message', a.progress_message)
    from public.running_attempts a
    where a.run_id = p_run_id and a.attempt = p_attempt
      and (a.progress_percent is not null or a.progress_message is not null));
end $$;

-- The error of a run that was stopped.
create or replace function public.stopped_error(p_reason text) returns text
language sql immutable as $$
  select coalesce('Stopped: ' || p_reason, 'Stopped.')
$$;

-- The error of a run that had not started at its `must_start_by`.
create or replace function public.expired_error(p_must_start_by timestamptz) returns text
language sql stable as $$
  select 'Expired: it had not started by ' || public.wire_instant(p_must_start_by) || '.'
$$;

-- The error of a suspended run of which the time was over before all that it waited for had come.
create or replace function public.wait_expired_error(p_ends_at timestamptz) returns text
language sql stable as $$
  select 'Expired: what it waited for had not come by ' || public.wire_instant(p_ends_at) || '.'
$$;

-- The error of a run that reached its deadline before any runner had accepted its dispatch.
create or replace function public.never_taken_error(p_tries integer, p_last_error text) returns text
language sql immutable as $$
  select 'The runner never took it: ' || case
    when p_tries = 0 then 'no dispatch was tried before the deadline.'
    else p_tries || case when p_tries = 1 then ' try' else ' tries' end
      -- The reasons begin with "The runner …". That is removed, since the sentence already begins with it.
      || coalesce(', the last: ' || regexp_replace(p_last_error, '^The runner ', ''), ', without an answer.')
  end
$$;

-- A run in the form of the contract's `WorkflowRunResponse`, in its state at an instant: one row. What all answers and lists show of
-- a run is decided here. Lists select its columns: JSON made for each row takes twice as long.
create or replace function public.shown_run(r public.workflow_runs, p_now timestamptz)
returns table (
  id uuid, workflow_definition_id uuid, user_id uuid, runner_type text, status text, started_at text, completed_at text,
  run_snapshot jsonb, error text, created_at text, updated_at text
)
language sql stable as $$
  select shown.*
  from public.run_as_seen(r, p_now) seen
  cross join lateral public.run_as_shown(r, seen.status, seen.completed_at, seen.updated_at, seen.error) shown
$$;

-- The same in a state that the caller knows.
create or replace function public.run_as_shown(
  r public.workflow_runs, p_status text, p_completed_at timestamptz, p_updated_at timestamptz, p_error text
) returns table (
  id uuid, workflow_definition_id uuid, user_id uuid, runner_type text, status text, started_at text, completed_at text,
  run_snapshot jsonb, error text, created_at text, updated_at text
)
language sql stable as $$
  select r.id, r.workflow_definition_id, r.user_id, r.runner_type, p_status,
    public.wire_instant(coalesce(r.started_at, r.created_at)), public.wire_instant(p_completed_at), r.run_snapshot,
    p_error, public.wire_instant(r.created_at), public.wire_instant(p_updated_at)
$$;

-- The same as JSON; null when there is no such run.
create or replace function public.run_response(p_run_id uuid, p_now timestamptz) returns jsonb
language plpgsql stable as $$
begin
  return (
    select to_jsonb(shown)
    from public.workflow_runs r
    cross join lateral public.shown_run(r, p_now) shown
    where r.id = p_run_id);
end $$;
