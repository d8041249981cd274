-- The slot of a definition: at most one of its runs is RUNNING, and the others wait in the order in which they were triggered.
--
-- Every verb that may change a slot first locks the definition's row, and then does the following in this order:
-- 1. It reads the clock once, after it got the lock: `v_now`.
-- 2. It ends the definition's run if that is overdue (`end_overdue_runs`).
-- 3. It does its work.
-- 4. It gives a free slot to the first run of the queue (`promote_next_runs`), even when it has refused its own work.
--
-- In a VOLATILE plpgsql function each statement has its own snapshot, which contains all that was committed before the
-- statement began. So a statement after the lock sees all that the previous holder of the lock did.

-- Fails the overdue runs of locked definitions, each with an event: TIMED_OUT, LOST or STOPPED. The run and the event get the
-- instant at which the run ended: see `run_as_seen`. The runs that their policies retry are then put back: see
-- `retry_by_policy`. Returns for each run how late it was ended, in milliseconds.
create or replace function public.end_overdue_runs(p_definition_ids uuid[], p_now timestamptz) returns float8[]
language plpgsql as $$
declare
  v_lags_ms float8[];
  v_retryable_ids uuid[];
begin
  -- Nearly always there is nothing to end. Checking that first costs much less than an update that finds nothing.
  if not exists (
    select from public.workflow_runs r
    where r.workflow_definition_id = any (p_definition_ids) and r.status = 'RUNNING'
      and public.run_ends_at(r.id, r.status, r.deadline_at) <= p_now) then
    return '{}';
  end if;
  with ended as (
    update public.workflow_runs r
    set (status, completed_at, updated_at, error, failure_code, ended_by) = (
        select seen.status, seen.completed_at, seen.updated_at, seen.error, seen.failure_code,
          public.overdue_ended_by(seen.failure_code)
        from public.run_as_seen(r, p_now) seen),
      next_dispatch_at = null
    where r.workflow_definition_id = any (p_definition_ids) and r.status = 'RUNNING'
      -- `run_ends_at` looks up the lease of a run. Most overdue runs have reached their deadlines, so the deadline is compared
      -- first, and most look-ups are not needed.
      and (r.deadline_at <= p_now or public.run_ends_at(r.id, r.status, r.deadline_at) <= p_now)
    returning r.tenant_id, r.id, r.attempt, r.completed_at, r.failure_code,
      round(extract(epoch from p_now - r.completed_at) * 1000)::float8 as lag_ms
  ), forgotten as (
    delete from public.running_attempts a
    using ended
    where a.run_id = ended.id
    returning a.run_id, a.stop_requested_at, a.stop_reason, a.stop_user_id
  ), recorded as (
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select ended.tenant_id, ended.id, ended.attempt,
      public.overdue_event(ended.failure_code), ended.completed_at,
      case
        when ended.failure_code = 'STOPPED' then jsonb_build_object('lag_ms', ended.lag_ms, 'failure_code', ended.failure_code,
          'reason', forgotten.stop_reason, 'user_id', forgotten.stop_user_id)
        else jsonb_build_object('lag_ms', ended.lag_ms, 'failure_code', ended.failure_code)
      end
    from ended
    left join forgotten on forgotten.run_id = ended.id
  )
  select coalesce(array_agg(ended.lag_ms), '{}'), array_agg(ended.id) filter (where forgotten.stop_requested_at is null)
  into v_lags_ms, v_retryable_ids
  from ended
  left join forgotten on forgotten.run_id = ended.id;
  -- Most definitions retry nothing. That is checked first, since it is cheap.
  if exists (
    select from public.workflow_definitions d where d.id = any (p_definition_ids) and d.max_attempts > 1) then
    perform public.retry_by_policy(v_retryable_ids, p_now);
  end if;
  return v_lags_ms;
end $$;

-- The run of a definition that starts next: the first of its queue that does not wait for a back-off. One row, or none.
create or replace function public.next_waiting_run(p_definition_id uuid, p_now timestamptz)
returns table (id uuid, queue_position bigint)
language sql stable as $$
  select waiting.id, waiting.queue_position
  from public.workflow_runs waiting
  where waiting.workflow_definition_id = p_definition_id and waiting.status = 'PENDING'
    and (waiting.not_before is null or waiting.not_before <= p_now)
  order by waiting.queue_position
  limit 1
$$;

-- The deadline of a run with this snapshot that starts at this instant.
create or replace function public.deadline_of(p_run_snapshot jsonb, p_started_at timestamptz, p_grace_seconds integer)
returns timestamptz
language sql stable as $$
  select p_started_at
    + make_interval(secs => (p_run_snapshot ->> 'max_run_duration_seconds')::int + p_grace_seconds)
$$;

-- What a run with this snapshot gets when it starts at an instant in order to be sent to its runner: one row. Until the lease of
-- `p_dispatch_lease_seconds` expires, no other Worker sends it. With a lease of 0 the sweep sends it.
create or replace function public.start_of_run(
  p_run_snapshot jsonb, p_now timestamptz, p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns table (
  status text, started_at timestamptz, deadline_at timestamptz, next_dispatch_at timestamptz, dispatch_count integer
)
language sql stable as $$
  select public.next_status('PENDING', 'promote'), p_now, public.deadline_of(p_run_snapshot, p_now, p_grace_seconds),
    p_now + make_interval(secs => p_dispatch_lease_seconds), case when p_dispatch_lease_seconds > 0 then 1 else 0 end
$$;

-- Gives each free slot of locked definitions to the first run of the queue that does not wait for a back-off. A definition that
-- is paused or has no runner starts nothing. Neither does a definition whose runs are leased: its runs start when a runner asks
-- for one (`lease_runs`). Returns a JSON array of the dispatches that the caller must send, in the form of `dispatch_of`. Until
-- their lease of `p_dispatch_lease_seconds` expires, no other Worker sends them. With a lease of 0 the sweep sends them, and
-- the array is empty.
create or replace function public.promote_next_runs(
  p_definition_ids uuid[], p_now timestamptz, p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql as $$
declare
  v_run_ids uuid[];
begin
  -- Each table is searched by a key, for one definition at a time (`lateral` with `limit 1`). With plain joins, the planner might
  -- choose to read all runs: a connection keeps its plan, which may have been made when the table was still small.
  v_run_ids := array(
    select first.id
    from unnest(p_definition_ids) locked (id)
    cross join lateral public.next_waiting_run(locked.id, p_now) first
    left join lateral (
      select true as is_taken from public.workflow_runs r
      where r.workflow_definition_id = locked.id and r.status = 'RUNNING' limit 1
    ) slot on true
    cross join lateral (
      select from public.workflow_definitions d
      where d.id = locked.id and d.is_active and d.runner_url is not null and d.handover = 'webhook' limit 1
    ) definition
    where slot.is_taken is null);
  if cardinality(v_run_ids) = 0 then
    return '[]';
  end if;
  with promoted as (
    update public.workflow_runs r
    set (status, started_at, deadline_at, next_dispatch_at, dispatch_count) = (
        select start.status, start.started_at, start.deadline_at, start.next_dispatch_at, start.dispatch_count
        from public.start_of_run(r.run_snapshot, p_now, p_grace_seconds, p_dispatch_lease_seconds) start),
      updated_at = p_now, not_before = null
    where r.id = any (v_run_ids)
    returning r.tenant_id, r.id, r.attempt
  )
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at)
  select tenant_id, id, attempt, 'STARTED', p_now from promoted;
  if p_dispatch_lease_seconds = 0 then
    return '[]';
  end if;
  return (select jsonb_agg(public.dispatch_of(run_id, p_now)) from unnest(v_run_ids) as promoted (run_id));
end $$;

-- All data needed to dispatch a run. `runner_url` and `webhook_secret_encrypted` are null when the definition no longer has a
-- runner. `runner` is equal for all dispatches of a tenant to the same server. `input` is JSON as text, since `jsonb` would
-- change how its numbers are written. Instants are RFC 3339.
create or replace function public.dispatch_of(p_run_id uuid, p_now timestamptz) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object(
      'run_id', r.id, 'tenant_id', r.tenant_id, 'workflow_definition_id', r.workflow_definition_id,
      'attempt', r.attempt, 'dispatch_count', r.dispatch_count, 'deadline_at', public.wire_instant(r.deadline_at),
      'run_snapshot', r.run_snapshot, 'input', r.input::text, 'traceparent', r.traceparent, 'runner_url', d.runner_url,
      'webhook_secret_encrypted', d.webhook_secret_encrypted, 'runner', public.runner_of(d.tenant_id, d.runner_url),
      'claimed_at', public.wire_instant(p_now))
    from public.workflow_runs r
    join public.workflow_definitions d on d.id = r.workflow_definition_id
    where r.id = p_run_id);
end $$;

-- Scheme, host and port of a runner's URL. The rest is left out, since it may contain a secret.
create or replace function public.runner_origin(p_url text) returns text
language sql immutable as $$
  select coalesce(substring(p_url from '^[^:]+://[^/?#]+'), '')
$$;

-- Identifies a runner of one tenant. Two tenants with the same server have different runners here, so that a server that is
-- slow for one tenant does not delay the runs of the other.
create or replace function public.runner_of(p_tenant_id uuid, p_url text) returns text
language sql immutable as $$
  select p_tenant_id::text || ' ' || public.runner_origin(p_url)
$$;

-- True when a new run of this definition has to wait, because another one is RUNNING, or PENDING without a back-off.
create or replace function public.must_wait(p_definition_id uuid) returns boolean
language plpgsql stable as $$
begin
  return exists (
      select from public.workflow_runs r where r.workflow_definition_id = p_definition_id and r.status = 'RUNNING')
    or exists (
      select from public.workflow_runs r
      where r.workflow_definition_id = p_definition_id and r.status = 'PENDING' and r.not_before is null);
end $$;

-- The place in its definition's queue of a PENDING run with this `queue_position`: 1 for the run that is next.
create or replace function public.place_in_queue(p_definition_id uuid, p_queue_position bigint) returns bigint
language plpgsql stable as $$
begin
  return (
    select count(*)
    from public.workflow_runs ahead
    where ahead.workflow_definition_id = p_definition_id and ahead.status = 'PENDING'
      and ahead.queue_position <= p_queue_position);
end $$;
