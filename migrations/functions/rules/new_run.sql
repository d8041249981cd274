-- Inserts a run of a locked definition, which the user may see. It becomes RUNNING when a slot is free for it, otherwise PENDING at
-- the end of the queue. All that triggers runs uses this. The overdue runs of the definition must have been ended before. `p_labels` is
-- {"key": "value"}, or null for none.
--
-- Without `p_concurrency_key`, the run has the key that its input has at `key_from` of the definition.
--
-- Returns {"run_id", "replayed", "starts"}, or {"refused"} which is one of: paused, no_runner, other_input, no_key (with
-- "pointer"), path_parts (with "faults": [{"field", "id", "path", "fault"}]), snapshot_too_large (with "bytes", "max_bytes")
-- - replayed: the run was triggered before, with the same id or the same idempotency key
-- - starts: the run has just started, so no other run of the queue can
create or replace function public.add_run(
  p_context jsonb, p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid, p_run_id uuid,
  p_idempotency_key text, p_input json, p_traceparent text, p_now timestamptz, p_labels jsonb default null,
  p_concurrency_key text default null
) returns jsonb
language plpgsql as $$
declare
  -- A page of 100 runs of this size is far smaller than the largest answer of the database, and than the memory of a Worker.
  c_max_snapshot_bytes constant integer := 65536;
  v_name text;
  v_runner_type text;
  v_obstacle text;
  v_starts_runs boolean;
  v_max_run_duration_seconds integer;
  v_key_from text;
  v_key text;
  v_takes_turns boolean;
  v_source_ids uuid[];
  v_instruction_ids uuid[];
  v_output_ids uuid[];
  v_template_id uuid;
  v_known_id uuid;
  v_faults jsonb;
  v_parts jsonb;
  v_snapshot jsonb;
  v_must_wait boolean;
  v_starts boolean;
begin
  -- 1. Is this a repetition of a call that was executed (`p_run_id` is new for each call), or is the key in use?
  select r.id into v_known_id
  from public.workflow_runs r
  where r.id = p_run_id and r.tenant_id = p_tenant_id;
  if v_known_id is null and p_idempotency_key is not null then
    select r.id into v_known_id
    from public.workflow_runs r
    where r.workflow_definition_id = p_definition_id and r.idempotency_key = p_idempotency_key
      and r.user_id = p_user_id
      and (r.status in ('PENDING', 'RUNNING') or r.created_at > public.idempotency_cutoff(p_now))
    order by r.created_at desc
    limit 1;
  end if;
  if v_known_id is not null then
    return (
      select case
        when r.input::jsonb is distinct from p_input::jsonb then '{"refused": "other_input"}'
        else jsonb_build_object('run_id', r.id, 'replayed', r.id <> p_run_id, 'starts', false)
      end
      from public.workflow_runs r
      where r.id = v_known_id);
  end if;

  -- 2. Can the definition take a run?
  select d.name, d.runner_type, public.start_obstacle(d.is_active, d.runner_url, d.handover),
    public.starts_runs(d.is_active, d.runner_url, d.handover), d.max_run_duration_seconds,
    d.key_from, d.max_running_per_key is not null,
    d.source_path_part_ids, d.instruction_path_part_ids, d.output_path_part_ids, d.template_path_part_id
  into v_name, v_runner_type, v_obstacle, v_starts_runs, v_max_run_duration_seconds,
    v_key_from, v_takes_turns,
    v_source_ids, v_instruction_ids, v_output_ids, v_template_id
  from public.workflow_definitions d
  where d.id = p_definition_id;
  if v_obstacle is not null then
    return jsonb_build_object('refused', v_obstacle);
  end if;
  v_key := coalesce(p_concurrency_key, case when v_key_from is null then '' else public.key_of_input(p_input, v_key_from) end);
  if v_key is null then
    return jsonb_build_object('refused', 'no_key', 'pointer', v_key_from);
  end if;

  -- 3. Make the snapshot, if the user may use all of its path parts. They are sorted once, in the subquery.
  select
    jsonb_agg(jsonb_build_object('field', part.field, 'id', part.id, 'path', part.path, 'fault', part.fault))
      filter (where part.fault is not null),
    jsonb_build_object(
      'sources', jsonb_agg(part.frozen) filter (where part.field = 'sources'),
      'instructions', jsonb_agg(part.frozen) filter (where part.field = 'instructions'),
      'outputs', jsonb_agg(part.frozen) filter (where part.field = 'outputs'),
      'template', jsonb_agg(part.frozen) filter (where part.field = 'template') -> 0)
  into v_faults, v_parts
  from (
    select named.*, jsonb_build_object(
      'path_part_id', named.id, 'materialized_path', named.path, 'part_type', named.part_type) as frozen
    from public.path_parts_of_run(
      p_role, p_tenant_id, p_user_id, v_source_ids, v_instruction_ids, v_output_ids, v_template_id) named
    order by named.field, named."position"
  ) part;
  if v_faults is not null then
    return jsonb_build_object(
      'refused', 'path_parts', 'faults', public.faults_as_seen(p_role, p_tenant_id, p_user_id, v_faults));
  end if;
  v_snapshot := v_parts || jsonb_build_object(
    'workflow_definition_id', p_definition_id, 'workflow_name', v_name, 'runner_type', v_runner_type,
    'user_id', p_user_id, 'max_run_duration_seconds', v_max_run_duration_seconds);
  if octet_length(v_snapshot::text) > c_max_snapshot_bytes then
    return jsonb_build_object('refused', 'snapshot_too_large',
      'bytes', octet_length(v_snapshot::text), 'max_bytes', c_max_snapshot_bytes);
  end if;

  -- 4. Insert the run. It starts at once when a slot is free for it, no other run is before it, and the runner gets its runs by
  --    webhook. Otherwise it is PENDING, at the end of the queue.
  v_must_wait := public.must_wait(p_definition_id, v_key, p_now);
  v_starts := v_starts_runs and not v_must_wait and public.next_run(p_definition_id, p_now) is null;
  insert into public.workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, idempotency_key,
    run_snapshot, input, traceparent, concurrency_key, created_at, updated_at, status, slot_no, key_slot_no, started_at,
    deadline_at, next_dispatch_at, dispatch_count)
  select p_run_id, p_tenant_id, p_definition_id, p_user_id, v_runner_type, p_idempotency_key,
    v_snapshot, p_input, p_traceparent, v_key, p_now, p_now, coalesce(start.status, 'PENDING'), start.slot_no,
    start.key_slot_no, start.started_at, start.deadline_at, start.next_dispatch_at, coalesce(start.dispatch_count, 0)
  from (select) run
  left join public.start_of_run(p_context, p_definition_id, v_key, v_snapshot, p_now) start on v_starts;
  if v_starts and v_takes_turns then
    perform public.end_turn(array[p_run_id]);
  end if;
  if p_labels is not null then
    insert into public.workflow_run_labels (tenant_id, run_id, label, created_at)
    select p_tenant_id, p_run_id, given.key || ':' || given.value, p_now from jsonb_each_text(p_labels) given;
  end if;
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select p_tenant_id, p_run_id, 1, happened.type, p_now,
    case when happened.type = 'TRIGGERED' and p_labels is not null then jsonb_build_object('labels', p_labels) end
  from unnest(array['TRIGGERED', case when v_must_wait then 'QUEUED' when v_starts then 'STARTED' end]) happened (type)
  where happened.type is not null;
  return jsonb_build_object('run_id', p_run_id, 'replayed', false, 'starts', v_starts);
end $$;

-- What a verb answers after `add_run`: {"result": {"run", "replayed"}}, or the refusal.
create or replace function public.triggered(p_added jsonb, p_now timestamptz) returns jsonb
language plpgsql stable as $$
begin
  if p_added ? 'refused' then
    return p_added;
  end if;
  return jsonb_build_object('result', jsonb_build_object(
    'run', public.run_response((p_added ->> 'run_id')::uuid, p_now), 'replayed', p_added -> 'replayed'));
end $$;
