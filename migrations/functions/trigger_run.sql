-- Triggers a run of a definition. It becomes RUNNING when the slot is free, otherwise PENDING at the end of the queue.
--
-- Guarantees:
-- - A run is inserted completely, with its frozen snapshot and its events, or not at all.
-- - While an idempotency key is in use, it answers the run that it triggered first. A key belongs to a user and a definition.
--   It is in use while its run is PENDING or RUNNING, and for a while after the run was created: see `idempotency_cutoff`. The
--   same key with another input is refused.
-- - `p_input`, a JSON object or null, and `p_traceparent`, a header of W3C Trace Context or null, are frozen with the run. A
--   repeated call with the same key may have another `p_traceparent`.
-- - Idempotent: called again with the same `p_run_id`, it answers the run that the first call inserted.
--
-- Closes the race between two invokes with the same key or for the same slot: the second waits for the definition's lock, and
-- then sees what the first did.
--
-- Answers {"tenant_id", "dispatches", and either "run" and "replayed", or "refused"}, where `refused` is one of:
-- unauthenticated (nothing else is answered), not_found, paused, no_runner, other_input, path_parts (with "faults": [{"field",
-- "id", "path", "fault"}]), snapshot_too_large (with "bytes", "max_bytes")
create or replace function public.trigger_run(
  p_credential jsonb, p_definition_id uuid, p_run_id uuid, p_idempotency_key text, p_input json, p_traceparent text,
  p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- A page of 100 runs of this size is far smaller than the largest answer of the database, and than the memory of a Worker.
  c_max_snapshot_bytes constant integer := 65536;
  v_now timestamptz;
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_name text;
  v_runner_type text;
  v_has_runner boolean;
  v_has_webhook boolean;
  v_is_active boolean;
  v_max_run_duration_seconds integer;
  v_source_ids uuid[];
  v_instruction_ids uuid[];
  v_output_ids uuid[];
  v_template_id uuid;
  v_answer jsonb;
  v_run_id uuid;
  v_faults jsonb;
  v_parts jsonb;
  v_snapshot jsonb;
  v_must_wait boolean;
  v_starts boolean := false;
  v_dispatches jsonb := '[]';
begin
  -- 1. Lock the definition, if it belongs to the caller's tenant. What is read here is what the row has after the lock.
  select d.name, d.runner_type, d.runner_url is not null or d.handover = 'lease',
    d.runner_url is not null and d.handover = 'webhook', d.is_active, d.max_run_duration_seconds,
    d.source_path_part_ids, d.instruction_path_part_ids, d.output_path_part_ids, d.template_path_part_id
  into v_name, v_runner_type, v_has_runner, v_has_webhook, v_is_active, v_max_run_duration_seconds,
    v_source_ids, v_instruction_ids, v_output_ids, v_template_id
  from public.find_caller(p_credential) caller
  join public.workflow_definitions d on d.tenant_id = caller.tenant_id and d.id = p_definition_id
  for update of d;
  v_now := clock_timestamp();

  -- 2. Who is the caller, and what may they see? This is checked after the lock, with the current permissions.
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  if v_name is null or not public.may_see_definition(v_role, v_tenant_id, v_user_id, p_definition_id) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'not_found', 'dispatches', '[]'::jsonb);
  end if;

  -- 3. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[p_definition_id], v_now);

  -- 4. Is this a repetition of a call that was executed (`p_run_id` is new for each call), or is the key in use?
  select r.id into v_run_id
  from public.workflow_runs r
  where r.id = p_run_id and r.tenant_id = v_tenant_id;
  if v_run_id is null and p_idempotency_key is not null then
    select r.id into v_run_id
    from public.workflow_runs r
    where r.workflow_definition_id = p_definition_id and r.idempotency_key = p_idempotency_key
      and r.user_id = v_user_id
      and (r.status in ('PENDING', 'RUNNING') or r.created_at > public.idempotency_cutoff(v_now))
    order by r.created_at desc
    limit 1;
  end if;

  if v_run_id is not null then
    if exists (
      select from public.workflow_runs r
      where r.id = v_run_id and r.input::jsonb is distinct from p_input::jsonb) then
      v_run_id := null;
      v_answer := '{"refused": "other_input"}';
    else
      v_answer := jsonb_build_object('replayed', v_run_id <> p_run_id);
    end if;
  elsif not v_is_active then
    v_answer := '{"refused": "paused"}';
  elsif not v_has_runner then
    v_answer := '{"refused": "no_runner"}';
  else
    -- 5. Make the snapshot, if the caller may use all of its path parts.
    -- The parts are sorted once, in the subquery.
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
        v_role, v_tenant_id, v_user_id, v_source_ids, v_instruction_ids, v_output_ids, v_template_id) named
      order by named.field, named."position"
    ) part;
    v_snapshot := v_parts || jsonb_build_object(
      'workflow_definition_id', p_definition_id, 'workflow_name', v_name, 'runner_type', v_runner_type,
      'user_id', v_user_id, 'max_run_duration_seconds', v_max_run_duration_seconds);
    if v_faults is not null then
      v_answer := jsonb_build_object('refused', 'path_parts', 'faults', v_faults);
    elsif octet_length(v_snapshot::text) > c_max_snapshot_bytes then
      v_answer := jsonb_build_object('refused', 'snapshot_too_large',
        'bytes', octet_length(v_snapshot::text), 'max_bytes', c_max_snapshot_bytes);
    else
      -- 6. Insert the run. It starts at once when the slot is free, no other run waits for it, and the runner gets its runs by
      --    webhook. Otherwise it is PENDING, at the end of the queue.
      v_must_wait := public.must_wait(p_definition_id);
      v_starts := v_has_webhook and not v_must_wait
        and not exists (select from public.next_waiting_run(p_definition_id, v_now));
      insert into public.workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, idempotency_key,
        run_snapshot, input, traceparent, created_at, updated_at, status, started_at, deadline_at, next_dispatch_at,
        dispatch_count)
      select p_run_id, v_tenant_id, p_definition_id, v_user_id, v_runner_type, p_idempotency_key,
        v_snapshot, p_input, p_traceparent, v_now, v_now, coalesce(start.status, 'PENDING'), start.started_at,
        start.deadline_at, start.next_dispatch_at, coalesce(start.dispatch_count, 0)
      from (select) run
      left join public.start_of_run(v_snapshot, v_now, p_grace_seconds, p_dispatch_lease_seconds) start on v_starts;
      insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at)
      select v_tenant_id, p_run_id, 1, happened.type, v_now
      from unnest(array['TRIGGERED', case when v_must_wait then 'QUEUED' when v_starts then 'STARTED' end]) happened (type)
      where happened.type is not null;
      v_run_id := p_run_id;
      v_answer := '{"replayed": false}';
    end if;
  end if;

  -- 7. Promote the next run, unless the new one has just started. Then read the run for the answer.
  if not v_starts then
    v_dispatches := public.promote_next_runs(
      array[p_definition_id], v_now, p_grace_seconds, p_dispatch_lease_seconds);
  elsif p_dispatch_lease_seconds > 0 then
    v_dispatches := jsonb_build_array(public.dispatch_of(p_run_id, v_now));
  end if;
  if v_run_id is not null then
    v_answer := v_answer || jsonb_build_object('run', public.run_response(v_run_id, v_now));
  end if;
  return v_answer || jsonb_build_object('tenant_id', v_tenant_id, 'dispatches', v_dispatches);
end $$;
