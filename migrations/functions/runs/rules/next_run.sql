-- How a waiting run starts: which run of a definition is next, and when it starts. `queue.sql` says which runs wait, and in which order.

-- The run of a definition that starts next at an instant. Null when no slot is free, or when no run may start now.
-- - Usually it is the first of `waiting_runs`: see `first_waiting_run`.
-- - With `max_running_per_key`, keys take turns: it is the first such run of the next key that has room (`next_turn`).
-- - For readers, who pass `p_held_at`, it is the first of `joining_runs` when it is none of those.
-- - Of a group of which runs are still to be superseded, none starts: see `superseded_groups`.
create or replace function public.next_run(p_definition_id uuid, p_now timestamptz, p_held_at timestamptz default null)
returns uuid
language plpgsql stable as $$
declare
  v_free bigint;
  v_per_key integer;
  v_run_id uuid;
begin
  select slots.free, slots.per_key, first.id into v_free, v_per_key, v_run_id
  from public.free_slots(p_definition_id, p_held_at) slots
  left join lateral public.first_waiting_run(p_definition_id, p_now) first on slots.free > 0 and slots.per_key is null;
  if v_free < 1 then
    return null;
  end if;
  if v_per_key is not null then
    v_run_id := (
      select public.next_turn(p_definition_id, p_now, slots.last_key, slots.full_keys)
      from public.slots_of(p_definition_id, p_held_at) slots);
    if v_run_id is null and p_held_at is not null then
      v_run_id := (
        select joining.id
        from public.slots_of(p_definition_id, p_held_at) slots
        cross join public.joining_runs(p_definition_id, p_now) joining
        where joining.concurrency_key <> all (coalesce(slots.full_keys, '{}'))
        order by joining.not_before, joining.created_at, joining.id
        limit 1);
    end if;
    return v_run_id;
  end if;
  if v_run_id is null and p_held_at is not null then
    v_run_id := (
      select joining.id
      from public.joining_runs(p_definition_id, p_now) joining
      where not exists (select from public.waiting_runs(p_definition_id, p_now))
      order by joining.not_before, joining.created_at, joining.id
      limit 1);
  end if;
  return v_run_id;
end $$;

-- When keys take turns: the first of `waiting_runs` of the first key that is not full, beginning with the key after the last one and
-- going round once. Runs without a key take a turn together, like one key.
--
-- It jumps from one key to the next in the index, so it takes as long with many waiting runs as with few.
create or replace function public.next_turn(p_definition_id uuid, p_now timestamptz, p_last_key text, p_full_keys text[])
returns uuid
language plpgsql stable as $$
declare
  c_last_position constant bigint := 9223372036854775807;
  -- The search continues behind this place of the index. Without a last key, the only round begins at the first key.
  v_key text := coalesce(p_last_key, '');
  v_position bigint := case when p_last_key is null then public.before_all_places() else c_last_position end;
  v_is_last_round boolean := p_last_key is null;
  v_run_id uuid;
begin
  loop
    select waiting.id, waiting.concurrency_key into v_run_id, v_key
    from public.waiting_runs(p_definition_id, p_now) waiting
    where (waiting.concurrency_key, waiting.queue_position) > (v_key, v_position)
    order by waiting.concurrency_key, waiting.queue_position
    limit 1;
    if v_run_id is null then
      if v_is_last_round then
        return null;
      end if;
      v_is_last_round := true;
      v_key := '';
      v_position := public.before_all_places();
    elsif v_key = any (p_full_keys) then
      v_position := c_last_position;
    else
      return v_run_id;
    end if;
  end loop;
end $$;

-- How many runs of a definition could start at this instant, one after the other.
create or replace function public.count_next_runs(p_definition_id uuid, p_now timestamptz, p_held_at timestamptz default null)
returns bigint
language plpgsql stable as $$
declare
  c_last_position constant bigint := 9223372036854775807;
  v_free bigint;
  v_per_key integer;
  v_full_keys text[];
  v_key text := '';
  v_position bigint := public.before_all_places();
  v_count bigint;
begin
  -- Where keys take no turns, one question is enough.
  select slots.free, slots.per_key, case when slots.per_key is null then (
    select count(*)
    from (
      select from public.waiting_runs(p_definition_id, p_now)
      limit greatest(slots.free, 0)
    ) next) end
  into v_free, v_per_key, v_count
  from public.free_slots(p_definition_id, p_held_at) slots;
  if v_free < 1 then
    return 0;
  end if;
  if v_per_key is null then
    return v_count;
  end if;
  v_count := 0;
  select slots.full_keys into v_full_keys from public.slots_of(p_definition_id, p_held_at) slots;
  -- Each key adds as many as it has room for, until all free slots are counted.
  while v_count < v_free loop
    select waiting.concurrency_key into v_key
    from public.waiting_runs(p_definition_id, p_now) waiting
    where (waiting.concurrency_key, waiting.queue_position) > (v_key, v_position)
    order by waiting.concurrency_key, waiting.queue_position
    limit 1;
    exit when v_key is null;
    v_position := c_last_position;
    continue when v_key = any (v_full_keys);
    v_count := v_count + (
      select count(*)
      from (
        select from public.waiting_runs(p_definition_id, p_now) waiting
        where waiting.concurrency_key = v_key
        limit case when v_key = '' then v_free else v_per_key - (
          select count(*) from public.held_slots(p_definition_id, p_held_at) held where held.concurrency_key = v_key) end
      ) next);
  end loop;
  return least(v_count, v_free);
end $$;

-- The deadline of a run with this snapshot that starts at this instant. `slack_seconds` of the context are added to its time limit.
create or replace function public.deadline_of(p_context jsonb, p_run_snapshot jsonb, p_started_at timestamptz)
returns timestamptz
language sql stable as $$
  select p_started_at + make_interval(secs =>
    (p_run_snapshot ->> 'max_run_duration_seconds')::int + (p_context ->> 'slack_seconds')::int)
$$;

-- What a run with this snapshot gets, besides a slot, when it starts at an instant in order to be sent to its runner: one row. When the
-- Worker that asks sends it, it is claimed (see `claimed_until`), and this is its first try.
create or replace function public.start_of_run(p_context jsonb, p_run_snapshot jsonb, p_now timestamptz)
returns table (
  status text, started_at timestamptz, deadline_at timestamptz, next_dispatch_at timestamptz, dispatch_count integer
)
language sql stable as $$
  select public.next_status('PENDING', 'promote'), p_now, public.deadline_of(p_context, p_run_snapshot, p_now),
    public.claimed_until(p_context, p_now), case when (p_context ->> 'sends')::boolean then 1 else 0 end
$$;

-- Records whose turn it was, after one run of each of these locked definitions has started. Definitions whose keys take no turns
-- record none.
create or replace function public.end_turn(p_run_ids uuid[]) returns void
language plpgsql as $$
begin
  update public.workflow_definitions d
  set last_key = r.concurrency_key
  from public.workflow_runs r
  where r.id = any (p_run_ids) and d.id = r.workflow_definition_id and d.max_running_per_key is not null
    and d.last_key is distinct from r.concurrency_key;
end $$;

-- Gives each free slot of locked definitions to the next run (`next_run`). A definition that is paused or has no runner starts
-- nothing. Neither does a definition whose runs are leased: its runs start when a runner asks for one (`lease_runs`). Returns the runs that
-- it has started, as `changed_run` tells of them: the Worker that asks sends the dispatches of the first ones.
create or replace function public.promote_next_runs(p_context jsonb, p_definition_ids uuid[], p_now timestamptz) returns jsonb
language plpgsql as $$
declare
  v_sends constant boolean := coalesce((p_context ->> 'sends')::boolean, false);
  v_unsent constant jsonb := p_context || '{"sends": false}';
  v_definition_ids uuid[] := p_definition_ids;
  v_run_ids uuid[];
  v_takes_turns boolean;
  v_sent_ids uuid[] := '{}';
  v_started jsonb[];
  v_changed jsonb[];
begin
  -- Each round starts one run of each definition. Usually a definition has one slot, and the first round is the only one.
  loop
    -- Each table is searched by a key, for one definition at a time (`lateral` with `limit 1`). With plain joins, the planner might
    -- choose to read all runs: a connection keeps its plan, which may have been made when the table was still small.
    select array_agg(next.id), array_agg(next.definition_id) filter (where next.max_running > 1), bool_or(next.takes_turns)
    into v_run_ids, v_definition_ids, v_takes_turns
    from (
      select public.next_run(locked.id, p_now) as id, locked.id as definition_id, definition.max_running, definition.takes_turns
      from unnest(v_definition_ids) locked (id)
      cross join lateral (
        select d.max_running, d.max_running_per_key is not null as takes_turns from public.workflow_definitions d
        where d.id = locked.id and public.starts_runs(d.is_active, d.runner_url, d.handover) limit 1
      ) definition
      -- Usually nothing waits behind a run that has ended, and this finds it out sooner than `next_run`.
      cross join lateral public.first_waiting_run(locked.id, p_now) waiting
      offset 0
    ) next
    where next.id is not null;
    exit when v_run_ids is null;
    if v_sends then
      v_sent_ids := v_sent_ids || v_run_ids[1:public.most_sent() - cardinality(v_sent_ids)];
    end if;
    with promoted as (
      update public.workflow_runs r
      set (status, started_at, deadline_at, next_dispatch_at, dispatch_count) = (
          select start.status, start.started_at, start.deadline_at, start.next_dispatch_at, start.dispatch_count
          from public.start_of_run(case when r.id = any (v_sent_ids) then p_context else v_unsent end, r.run_snapshot, p_now) start),
        slot_no = public.free_slot(r.workflow_definition_id),
        key_slot_no = case when r.concurrency_key <> '' then public.free_slot(r.workflow_definition_id, r.concurrency_key) end,
        updated_at = p_now, not_before = null
      where r.id = any (v_run_ids)
      returning r.tenant_id, r.id, r.workflow_definition_id, r.attempt, r.deadline_at, r.next_dispatch_at
    ), recorded as (
      insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at)
      select tenant_id, id, attempt, 'STARTED', p_now from promoted
    )
    select array_agg(public.started_run(tenant_id, id, workflow_definition_id, deadline_at, next_dispatch_at, id = any (v_sent_ids)))
    into v_started
    from promoted;
    v_changed := v_changed || v_started;
    if v_takes_turns then
      perform public.end_turn(v_run_ids);
    end if;
    -- Those with several slots may have a further free one.
    exit when v_definition_ids is null;
  end loop;
  return to_jsonb(v_changed);
end $$;

-- Why a new run of a definition whose keys take no turns has to wait: `full` (no slot is free) or `behind` (another run waits before it).
-- Null when it has to wait for nothing of the queue.
create or replace function public.obstacle_of(p_free bigint, p_waits boolean) returns text
language sql immutable as $$
  select case when p_free < 1 then 'full' when p_waits then 'behind' end
$$;

-- The same for a new run with this key and priority of any definition. Runs with a lower priority do not wait before it. With turns, it also
-- waits `behind` when its key is full, or another key is next.
create or replace function public.queue_obstacle(
  p_definition_id uuid, p_key text, p_now timestamptz, p_priority integer default 0
) returns text
language plpgsql stable as $$
declare
  v_free bigint;
  v_per_key integer;
  v_last_key text;
  v_full_keys text[];
begin
  select slots.free, slots.per_key, slots.last_key, slots.full_keys into v_free, v_per_key, v_last_key, v_full_keys
  from public.slots_of(p_definition_id) slots;
  return public.obstacle_of(v_free,
    v_free > 0 and (
      exists (
        select from public.waiting_runs(p_definition_id, p_now) waiting
        where (v_per_key is null or waiting.concurrency_key = p_key)
          and waiting.queue_position < public.place_by_priority(0, p_priority - 1))
      or v_per_key is not null and (
        coalesce(p_key = any (v_full_keys), false) or public.next_turn(p_definition_id, p_now, v_last_key, v_full_keys) is not null)
      or public.joins_behind(p_definition_id, p_now) is not null));
end $$;
