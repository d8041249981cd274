-- Retries a FAILED run: it gets its next attempt, with the same snapshot and input, at the end of its definition's queue.
--
-- Guarantees:
-- - A retry needs the same as an invoke: the caller sees the definition; the definition is active and has a runner; all parts
--   of the snapshot still exist, and the caller's permissions of today allow reading them and writing the outputs.
-- - No two unfinished runs have the same idempotency key: the retry is refused while another run uses the key.
-- Closes the race with an invoke, a callback or a second retry: all of them hold the definition's lock.
--
-- Answers {"tenant_id", "dispatches", and either "run" or "refused"}: see `judge_retry`.
create or replace function public.retry_run(
  p_credential jsonb, p_run_id uuid, p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_definition_id uuid;
  v_now timestamptz;
  v_answer jsonb;
  v_user_id uuid;
  v_must_wait boolean;
  v_dispatches jsonb;
begin
  -- 1. Lock the definition.
  v_definition_id := public.lock_definition_of_run(p_credential, p_run_id);
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[v_definition_id], v_now);

  -- 3. May the caller retry this run?
  v_answer := public.judge_retry(p_credential, p_run_id);
  v_user_id := v_answer ->> 'user_id';
  v_answer := v_answer - '{user_id,role}'::text[];

  -- 4. Put the run at the end of the queue.
  if not v_answer ? 'refused' then
    v_must_wait := public.must_wait(v_definition_id);
    perform public.put_back_failed_runs(array[p_run_id], v_now, false);
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select r.tenant_id, r.id, r.attempt, happened.type, v_now, happened.detail
    from public.workflow_runs r
    cross join (values
      (1, 'RETRIED', jsonb_build_object('user_id', v_user_id)), (2, 'QUEUED', null)
    ) happened (step, type, detail)
    where r.id = p_run_id and (happened.type = 'RETRIED' or v_must_wait)
    order by happened.step;
  end if;

  -- 5. Promote the next run, then read the run for the answer.
  v_dispatches := public.promote_next_runs(
    array[v_definition_id], v_now, p_grace_seconds, p_dispatch_lease_seconds);
  if not v_answer ? 'refused' then
    v_answer := v_answer || jsonb_build_object('run', public.run_response(p_run_id, v_now));
  end if;
  return v_answer || jsonb_build_object('dispatches', v_dispatches);
end $$;

-- Checks that the caller may retry a run. It answers like `judge_run_change`, and `refused` can also be:
-- definition_not_visible, paused, no_runner, key_in_use (with "run_id"), path_parts (with "faults": [{"field", "id", "path",
-- "fault"}])
create or replace function public.judge_retry(p_credential jsonb, p_run_id uuid) returns jsonb
language plpgsql stable as $$
declare
  v_judged jsonb;
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_definition_id uuid;
  v_is_active boolean;
  v_has_runner boolean;
  v_snapshot jsonb;
  v_faults jsonb;
  v_other_run_id uuid;
begin
  v_judged := public.judge_run_change(p_credential, p_run_id, 'retry');
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  v_tenant_id := v_judged ->> 'tenant_id';
  v_user_id := v_judged ->> 'user_id';
  v_role := v_judged ->> 'role';
  select d.id, d.is_active, d.runner_url is not null or d.handover = 'lease', r.run_snapshot
  into v_definition_id, v_is_active, v_has_runner, v_snapshot
  from public.workflow_runs r
  join public.workflow_definitions d on d.id = r.workflow_definition_id
  where r.id = p_run_id;
  select jsonb_agg(jsonb_build_object('field', part.field, 'id', part.id, 'path', part.path, 'fault', part.fault)
    order by part.field, part."position")
  into v_faults
  from public.path_parts_of_run(v_role, v_tenant_id, v_user_id,
    public.snapshot_part_ids(v_snapshot -> 'sources'), public.snapshot_part_ids(v_snapshot -> 'instructions'),
    public.snapshot_part_ids(v_snapshot -> 'outputs'), (v_snapshot #>> '{template,path_part_id}')::uuid) part
  -- A source folder that is empty now is no reason to refuse: it had a document when the snapshot was taken.
  where part.fault <> 'empty';
  select other.id into v_other_run_id
  from public.workflow_runs r
  join public.workflow_runs other on other.workflow_definition_id = r.workflow_definition_id
    and other.idempotency_key = r.idempotency_key and other.user_id = r.user_id
  where r.id = p_run_id and other.id <> r.id and other.status in ('PENDING', 'RUNNING')
  limit 1;
  return v_judged || case
    when not public.may_see_definition(v_role, v_tenant_id, v_user_id, v_definition_id)
      then '{"refused": "definition_not_visible"}'
    when not v_is_active then '{"refused": "paused"}'
    when not v_has_runner then '{"refused": "no_runner"}'
    when v_faults is not null then jsonb_build_object('refused', 'path_parts', 'faults', v_faults)
    when v_other_run_id is not null then jsonb_build_object('refused', 'key_in_use', 'run_id', v_other_run_id)
    else '{}'
  end;
end $$;

-- The ids of the parts in one list of a snapshot, in its order.
create or replace function public.snapshot_part_ids(p_parts jsonb) returns uuid[]
language plpgsql immutable as $$
begin
  return array(
    select (part.value ->> 'path_part_id')::uuid
    from jsonb_array_elements(p_parts) with ordinality as part (value, "position")
    order by part."position");
end $$;
