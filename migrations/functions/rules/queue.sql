-- The slot of a definition: at most one of its runs is RUNNING, and the others wait in the order in which they were triggered.
--
-- Every verb that may change a slot first locks the definition's row, and the run's where it needs that, and then does the
-- following in this order:
-- 1. It judges the caller. Who may not see or do this ends here, and has changed nothing.
-- 2. It reads the clock once, after the last lock: `v_now`. A verb that has to look for the definitions that it locks, such as a
--    sweep, finds them at an instant of its own with another name, and judges them again at `v_now`.
-- 3. It ends the definition's run if that is overdue (`end_overdue_runs`).
-- 4. It does its work, or refuses it because of the state of the run or of the definition.
-- 5. It gives a free slot to the first run of the queue (`promote_next_runs`), on every way out from here.
-- 6. It answers by `answer_of`.
--
-- In a VOLATILE plpgsql function each statement has its own snapshot, which contains all that was committed before the
-- statement began. So a statement after the lock sees all that the previous holder of the lock did.

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

-- The deadline of a run with this snapshot that starts at this instant. `slack_seconds` of the context are added to its time limit.
create or replace function public.deadline_of(p_context jsonb, p_run_snapshot jsonb, p_started_at timestamptz)
returns timestamptz
language sql stable as $$
  select p_started_at + make_interval(secs =>
    (p_run_snapshot ->> 'max_run_duration_seconds')::int + (p_context ->> 'slack_seconds')::int)
$$;

-- What a run with this snapshot gets when it starts at an instant in order to be sent to its runner: one row. When the Worker that
-- asks sends it, it is claimed (see `claimed_until`), and this is its first try.
create or replace function public.start_of_run(p_context jsonb, p_run_snapshot jsonb, p_now timestamptz) returns table (
  status text, started_at timestamptz, deadline_at timestamptz, next_dispatch_at timestamptz, dispatch_count integer
)
language sql stable as $$
  select public.next_status('PENDING', 'promote'), p_now, public.deadline_of(p_context, p_run_snapshot, p_now),
    public.claimed_until(p_context, p_now), case when (p_context ->> 'sends')::boolean then 1 else 0 end
$$;

-- Gives each free slot of locked definitions to the first run of the queue that does not wait for a back-off. A definition that
-- is paused or has no runner starts nothing. Neither does a definition whose runs are leased: its runs start when a runner asks
-- for one (`lease_runs`).
create or replace function public.promote_next_runs(p_context jsonb, p_definition_ids uuid[], p_now timestamptz) returns void
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
      where d.id = locked.id and public.starts_runs(d.is_active, d.runner_url, d.handover) limit 1
    ) definition
    where slot.is_taken is null);
  if cardinality(v_run_ids) = 0 then
    return;
  end if;
  with promoted as (
    update public.workflow_runs r
    set (status, started_at, deadline_at, next_dispatch_at, dispatch_count) = (
        select start.status, start.started_at, start.deadline_at, start.next_dispatch_at, start.dispatch_count
        from public.start_of_run(p_context, r.run_snapshot, p_now) start),
      updated_at = p_now, not_before = null
    where r.id = any (v_run_ids)
    returning r.tenant_id, r.id, r.attempt
  )
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at)
  select tenant_id, id, attempt, 'STARTED', p_now from promoted;
end $$;

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
