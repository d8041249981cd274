-- Adding runs to a definition, step by step. All that triggers runs uses these rules, in this order, after it has locked the
-- definition, which the user may see, and has ended its overdue runs:
-- 1. `known_run`: was the run triggered before?
-- 2. `frozen_of` (`frozen.sql`): can the definition take runs of this user, and what is frozen with each?
-- 3. `check_inputs` (`input_schemas.sql`): does its input fit the schema of the definition, if that has one?
-- 4. `make_room` (`when_busy.sql`): may the run wait, if it has to, and what makes way for it?
-- 5. `judge_cap`: if it waits, may the tenant have one more that waits?
-- `add_run` does all of it for one run, `insert_batch` (`new_batch.sql`) for many.

-- The run that a call with this id or this idempotency key has triggered before: {"run_id", "replayed"}, or {"refused": "other_input"}.
-- Null when there is none. A run that has `p_run_id` already was triggered by the same call, which is repeated. A form may send any id, so it is
-- refused as id_taken when that run has another definition, user or input.
create or replace function public.known_run(
  p_tenant_id uuid, p_user_id uuid, p_definition_id uuid, p_run_id uuid, p_idempotency_key text, p_input json,
  p_now timestamptz
) returns jsonb
language plpgsql stable as $$
declare
  v_known_id uuid;
  v_is_same boolean;
begin
  select r.workflow_definition_id = p_definition_id and r.user_id = p_user_id and r.input::jsonb is not distinct from p_input::jsonb
  into v_is_same
  from public.workflow_runs r
  where r.id = p_run_id;
  if v_is_same is not null then
    return case
      when v_is_same then jsonb_build_object('run_id', p_run_id, 'replayed', false)
      else '{"refused": "id_taken"}'
    end;
  end if;
  if p_idempotency_key is not null then
    select r.id into v_known_id
    from public.workflow_runs r
    where r.workflow_definition_id = p_definition_id and r.idempotency_key = p_idempotency_key
      and r.user_id = p_user_id
      and (r.status in ('PENDING', 'RUNNING') or r.created_at > public.idempotency_cutoff(p_now))
    order by r.created_at desc
    limit 1;
  end if;
  if v_known_id is null then
    return null;
  end if;
  return (
    select case
      when r.input::jsonb is distinct from p_input::jsonb then '{"refused": "other_input"}'
      else jsonb_build_object('run_id', r.id, 'replayed', true)
    end
    from public.workflow_runs r
    where r.id = v_known_id);
end $$;

-- Can a run be triggered with these instants? Each may be null. Returns {}, or {"refused"}: `start_after` (it is more than 90 days
-- away) or `must_start_by` (it has come, or is not later than the other).
create or replace function public.judge_instants(p_start_after timestamptz, p_must_start_by timestamptz, p_now timestamptz)
returns jsonb
language plpgsql immutable as $$
begin
  return case
    when p_start_after > p_now + interval '90 days' then '{"refused": "start_after"}'
    when p_must_start_by <= greatest(p_now, p_start_after) then '{"refused": "must_start_by"}'
    else '{}'
  end;
end $$;

-- Adds one run to a locked definition by the rules above. It becomes RUNNING when a slot is free for it, no other run is before it, and the
-- runner gets its runs by webhook. Otherwise it is PENDING, at the end of the queue, or before those with a lower priority.
--
-- `p_given` is what was given for the run besides its input, and null for nothing, as usual. A run gets a further field by one more name
-- here, and one more column in the insertion (`insert_batch` has the same):
--   idempotency_key, traceparent
--   labels           {"key": "value"}
--   concurrency_key  see `key_of_run`
--   priority         see `priorities.sql`
--   start_after      it joins the queue at that instant: see `queue.sql`. One that has passed changes nothing.
--   must_start_by    it is FAILED from that instant on unless it has started: see `run_as_seen`
--   triggered_by, when_busy   of the firing that triggers it: see `fire`
--
-- `p_queue` is [running, slot_no, 1 if one waits] of `queue_state`, if nothing was due then, and no run had this id. Without it, it asks
-- itself.
--
-- Returns two values. The first is {"run_id", "replayed", "is_settled", "changed": the runs that were changed, see `changed_run`, "told"?:
-- see `make_room`}, and the second the run as it was inserted: see `run_as_shown`; is_settled: no other run of the queue can start now,
-- since this one has just started or no slot is free. Or {"refused": "no_key", "pointer"}, or what `known_run`, `refusal_of_frozen`,
-- `check_inputs`, `judge_instants`, `make_room` or `judge_cap` refuses.
create or replace function public.add_run(
  p_context jsonb, p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid, p_run_id uuid, p_input json, p_given jsonb,
  p_now timestamptz, p_queue bigint[] default null
) returns jsonb[]
language plpgsql as $$
declare
  v_sends constant boolean := coalesce((p_context ->> 'sends')::boolean, false);
  v_idempotency_key text;
  v_labels jsonb;
  v_priority integer := 0;
  -- With the precision of the columns.
  v_start_after timestamptz(3);
  v_must_start_by timestamptz(3);
  v_not_before timestamptz;
  v_detail jsonb;
  v_snapshot jsonb;
  v_obstacle text;
  v_faults jsonb;
  v_key_from text;
  v_starts_runs boolean;
  v_max_running integer;
  v_takes_turns boolean;
  v_when_busy text;
  v_max_queued integer;
  v_input_schema_hash text;
  v_judged jsonb;
  v_room jsonb;
  v_key text;
  v_starts boolean;
  v_slot_no bigint;
  v_key_slot_no bigint;
  v_deadline_at timestamptz;
  v_next_dispatch_at timestamptz;
  v_run jsonb;
  v_added jsonb;
begin
  -- 1. What was given, and was it triggered before?
  if p_given is not null then
    v_idempotency_key := p_given ->> 'idempotency_key';
    v_labels := p_given -> 'labels';
    v_priority := coalesce((p_given ->> 'priority')::integer, 0);
    v_start_after := p_given ->> 'start_after';
    v_must_start_by := p_given ->> 'must_start_by';
    v_not_before := case when v_start_after > p_now then v_start_after end;
    v_detail := nullif(jsonb_strip_nulls(jsonb_build_object('labels', v_labels, 'priority', nullif(v_priority, 0),
      'start_after', public.wire_instant(v_start_after), 'must_start_by', public.wire_instant(v_must_start_by), 'trigger', p_given -> 'triggered_by')), '{}');
  end if;
  if p_queue is null or v_idempotency_key is not null then
    v_judged := public.known_run(p_tenant_id, p_user_id, p_definition_id, p_run_id, v_idempotency_key, p_input, p_now);
    if v_judged is not null then
      return array[v_judged || '{"is_settled": false}'];
    end if;
  end if;

  -- 2. May it be added?
  select frozen.snapshot, frozen.obstacle, frozen.faults, frozen.key_from, frozen.starts_runs, frozen.max_running, frozen.takes_turns,
    frozen.when_busy, frozen.max_queued, frozen.input_schema_hash
  into v_snapshot, v_obstacle, v_faults, v_key_from, v_starts_runs, v_max_running, v_takes_turns, v_when_busy, v_max_queued,
    v_input_schema_hash
  from public.frozen_of(p_role, p_tenant_id, p_user_id, p_definition_id) frozen;
  v_judged := public.refusal_of_frozen(p_role, p_tenant_id, p_user_id, v_snapshot, v_obstacle, v_faults);
  if v_judged is null and v_input_schema_hash is not null then
    v_judged := nullif(public.check_inputs(p_context, p_definition_id, v_input_schema_hash, array[p_input]), '{}');
  end if;
  if v_judged is null and p_given is not null then
    v_judged := nullif(public.judge_instants(v_start_after, v_must_start_by, p_now), '{}');
  end if;
  -- A delayed run is not in the queue yet, so it needs no room there. Nor does one that simply queues, as nearly all do.
  if v_judged is null and v_not_before is null
    and (coalesce(p_given ->> 'when_busy', v_when_busy) <> 'queue' or v_max_queued is not null) then
    v_room := nullif(public.make_room(p_context, p_role, p_tenant_id, p_user_id, p_definition_id,
      jsonb_build_object('key_from', v_key_from, 'starts_runs', v_starts_runs, 'when_busy', v_when_busy, 'max_queued', v_max_queued),
      p_run_id, p_input, p_given ->> 'concurrency_key', p_now, p_given ->> 'when_busy', v_priority), '{}');
    v_judged := case when v_room ? 'refused' then v_room end;
  end if;
  if v_judged is not null then
    return array[v_judged];
  end if;
  v_key := public.key_of_run(v_key_from, p_input, p_given ->> 'concurrency_key');
  if v_key is null then
    return array[jsonb_build_object('refused', 'no_key', 'pointer', v_key_from)];
  end if;

  -- 3. Does it start, and if so in which slot? What has made room for it has changed the queue.
  if v_not_before is null and p_queue is not null and v_room is null and v_key = '' and not v_takes_turns and v_priority = 0 then
    v_obstacle := public.obstacle_of(v_max_running - p_queue[1], p_queue[3] = 1);
    v_slot_no := p_queue[2];
  elsif v_not_before is null then
    v_obstacle := public.queue_obstacle(p_definition_id, v_key, p_now, v_priority);
    if v_obstacle is not null then
      v_not_before := public.joins_behind(p_definition_id, p_now);
    elsif v_starts_runs then
      v_slot_no := public.free_slot(p_definition_id);
      v_key_slot_no := case when v_key <> '' then public.free_slot(p_definition_id, v_key) end;
    end if;
  end if;
  v_starts := v_starts_runs and v_obstacle is null and v_not_before is null;
  -- A run that starts at once pays nothing for the cap, and `make_room` may have judged it already.
  if not (v_starts or coalesce(v_room ? 'has_room', false)) then
    v_judged := public.judge_cap(p_tenant_id, 'waiting_runs', 1);
    if v_judged ? 'refused' then
      return array[v_judged || coalesce(v_room, '{}')];
    end if;
  end if;

  -- 4. Insert it. One that starts gets what `start_of_run` says. The answer of the verb is made from the row that is written here.
  insert into public.workflow_runs as r (id, tenant_id, workflow_definition_id, user_id, runner_type, idempotency_key,
    run_snapshot, input, traceparent, concurrency_key, created_at, updated_at, status, slot_no, key_slot_no, started_at,
    deadline_at, next_dispatch_at, dispatch_count, not_before, queue_position, priority, triggered_by)
  values (p_run_id, p_tenant_id, p_definition_id, p_user_id, v_snapshot ->> 'runner_type', v_idempotency_key,
    v_snapshot, p_input, p_given ->> 'traceparent', v_key, p_now, p_now,
    case when v_starts then public.next_status('PENDING', 'promote') else 'PENDING' end,
    case when v_starts then v_slot_no end, v_key_slot_no, case when v_starts then p_now end,
    case when v_starts then public.deadline_of(p_context, v_snapshot, p_now) else v_must_start_by end,
    case when v_starts then public.claimed_until(p_context, p_now) end,
    case when v_starts and v_sends then 1 else 0 end, v_not_before,
    case when v_not_before is null then public.place_by_priority(nextval('public.workflow_run_queue'), v_priority) end, v_priority,
    p_given -> 'triggered_by')
  returning r.deadline_at, r.next_dispatch_at,
    (select to_jsonb(shown) from public.run_as_shown(r, r.status, null, r.updated_at, null) shown)
  into v_deadline_at, v_next_dispatch_at, v_run;
  if v_starts and v_takes_turns then
    perform public.end_turn(array[p_run_id]);
  end if;
  if v_labels is not null then
    insert into public.workflow_run_labels (tenant_id, run_id, label, created_at)
    select p_tenant_id, p_run_id, given.key || ':' || given.value, p_now from jsonb_each_text(v_labels) given;
  end if;
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select p_tenant_id, p_run_id, 1, happened.type, p_now, case when happened.type = 'TRIGGERED' then v_detail end
  from unnest(array['TRIGGERED', case when v_obstacle is not null then 'QUEUED' when v_starts then 'STARTED' end]) happened (type)
  where happened.type is not null;
  v_added := jsonb_build_object('run_id', p_run_id, 'replayed', false,
    -- One with a priority may have started before others, for which another slot may be free.
    'is_settled', coalesce(v_starts and v_priority = 0 or v_obstacle = 'full', false) or not v_starts_runs,
    'changed', jsonb_build_array(public.changed_run(p_tenant_id, p_run_id, p_definition_id, false,
      least(v_deadline_at, v_not_before, case when not v_sends then v_next_dispatch_at end), v_starts and v_sends)));
  if v_room is not null then
    v_added := v_added || v_room || jsonb_build_object('changed', coalesce(v_room -> 'changed', '[]') || (v_added -> 'changed'));
  end if;
  return array[v_added, v_run];
end $$;

-- What a verb answers after `add_run`, which has returned `p_added`: {"result": {"replayed"}}, or the refusal.
create or replace function public.triggered(p_added jsonb) returns jsonb
language sql stable as $$
  select case
    when p_added ? 'refused' then p_added
    else jsonb_build_object('result', jsonb_build_object('replayed', p_added -> 'replayed'))
  end
$$;

-- The run of that answer: null after a refusal. When the verb may have started it since, it is read again.
create or replace function public.triggered_run(p_added jsonb, p_run jsonb, p_now timestamptz) returns jsonb
language sql stable as $$
  select case
    when p_added ? 'refused' then null
    when (p_added ->> 'is_settled')::boolean then p_run
    else public.run_response((p_added ->> 'run_id')::uuid, p_now)
  end
$$;
