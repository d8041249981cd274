-- Why does a run wait? All that decides or shows this reads it here.

-- The run of a definition that starts next, for readers: also one that has joined the queue without that being recorded, and has a higher
-- priority than all that wait. A verb records that first. It looks at as many of these as the next verb lets join.
create or replace function public.next_run_as_seen(p_definition_id uuid, p_now timestamptz) returns uuid
language plpgsql stable as $$
declare
  v_next_id constant uuid := public.next_run(p_definition_id, p_now, p_now);
begin
  if v_next_id is null then
    return null;
  end if;
  return coalesce(
    (
      select joining.id
      from (
        select r.id, r.priority, r.concurrency_key, r.not_before, r.created_at
        from public.joining_runs(p_definition_id, p_now) r
        order by r.not_before, r.created_at, r.id
        limit public.most_by_time()
      ) joining
      join public.workflow_runs next on next.id = v_next_id
      join public.workflow_definitions d on d.id = p_definition_id
      where joining.priority > next.priority
        and (d.max_running_per_key is null or joining.concurrency_key = next.concurrency_key)
      order by joining.priority desc, joining.not_before, joining.created_at, joining.id
      limit 1
    ), v_next_id);
end $$;

-- True when it is the turn of a PENDING run: it is the next of its definition's queue, and a slot is free. A run that has ended by
-- time holds no slot any more, even when its end is not recorded yet.
create or replace function public.has_turn(p_run_id uuid, p_definition_id uuid, p_now timestamptz) returns boolean
language plpgsql stable as $$
begin
  return coalesce(p_run_id = public.next_run_as_seen(p_definition_id, p_now), false);
end $$;

-- The instants of a run that waits, by `p_status`, which is its status of `run_as_seen` at that instant: {"start_after",
-- "must_start_by"}. Each is null when there is none, or none any more.
create or replace function public.waiting_instants(r public.workflow_runs, p_status text, p_now timestamptz) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'start_after', case when p_status = 'PENDING' and r.attempt = 1 and r.not_before > p_now
      then public.wire_instant(r.not_before) end,
    'must_start_by', case when p_status = 'PENDING' and r.suspended_at is null then public.wire_instant(r.deadline_at) end)
$$;

-- The runs that keep a PENDING run with this key from starting, the first to end first: those with its key when the key is full, or
-- all in the definition's slots when none is free.
create or replace function public.blocking_runs(p_definition_id uuid, p_key text, p_now timestamptz)
returns table (id uuid, user_id uuid, started_at timestamptz, ends_at timestamptz)
language sql stable as $$
  select run.id, run.user_id, run.started_at, run.ends_at
  -- `offset 0` keeps the planner from merging these queries, which would count the slots again for each run, and look for the ends of runs
  -- that are not in the way.
  from (select slots.* from public.slots_of(p_definition_id, p_now) slots offset 0) slots
  cross join lateral (
    select running.*
    from public.running_runs(p_definition_id) running
    where case when p_key = any (slots.full_keys) then running.concurrency_key = p_key else slots.free < 1 end
    offset 0
  ) run
  where run.ends_at > p_now
  order by run.ends_at, run.id
$$;

-- Why a PENDING run of the definition cannot start, whatever the slots and its turn: 'suspended', or the first of `start_obstacle`, and
-- 'delayed' or 'back_off' before it joins its queue. Null for a run that waits in its queue.
create or replace function public.obstacle_of_run(r public.workflow_runs, d public.workflow_definitions, p_now timestamptz)
returns text
language sql stable as $$
  select coalesce(
    case when public.is_suspended('PENDING', r.suspended_at, r.not_before, p_now) then 'suspended' end,
    public.start_obstacle(d.is_active, d.runner_url, d.handover),
    case when r.not_before > p_now then case r.attempt when 1 then 'delayed' else 'back_off' end end)
$$;

-- Why a run waits at an instant, by `p_status`, which is its status of `run_as_seen` at that instant: one row. `reason` is the
-- first of these that holds; null for a run that does not wait:
--   suspended  it is PENDING, and what it waits for has not come: see `suspensions.sql`
--   paused, no_runner  it is PENDING: see `start_obstacle`
--   delayed            it is PENDING, and its `start_after` has not come
--   back_off           it is PENDING, and is tried again later
--   key                it is PENDING, and as many runs with its concurrency key are RUNNING as may be
--   slot               it is PENDING, and its turn has not come. When it has, and the definition starts runs, the next verb or the
--                      next sweep starts it.
--   lease              it is PENDING, it is its turn, and a runner has to ask for it
--   stop               it is RUNNING, and its runner has time to stop
--   dispatch           it is RUNNING, and no runner has taken it yet
-- `has_turn` is true when nothing but a runner or the next sweep is missing for a PENDING run to start.
create or replace function public.wait_reason(r public.workflow_runs, p_status text, p_now timestamptz)
returns table (reason text, has_turn boolean)
language sql stable as $$
  select coalesce(pending.obstacle, case
      when pending.has_turn then case d.handover when 'lease' then 'lease' else 'slot' end
      when p_status = 'PENDING' then case
        when public.key_is_full(r.workflow_definition_id, r.concurrency_key, p_now) then 'key' else 'slot' end
      when p_status = 'RUNNING' and a.stop_requested_at is not null then 'stop'
      when p_status = 'RUNNING' and r.dispatched_at is null then 'dispatch'
    end), coalesce(pending.has_turn, false)
  from public.workflow_definitions d
  left join public.running_attempts a on a.run_id = r.id
  cross join lateral (
    select waits.obstacle,
      case when p_status = 'PENDING' and waits.obstacle is null
        then public.has_turn(r.id, r.workflow_definition_id, p_now) end as has_turn
    from (
      select case when p_status = 'PENDING' then public.obstacle_of_run(r, d, p_now) end as obstacle
    ) waits
    offset 0 -- keeps the planner from merging this query, which would look for the turn twice
  ) pending
  where d.id = r.workflow_definition_id
$$;
