-- Marks a reserved file as stored, since its object is complete. It replaces the stored file of the same name and attempt, if there is
-- one.
--
-- Guarantees:
-- - Idempotent. A repeated call answers that nothing was replaced.
-- - A reservation ends after an hour, or with its attempt. Then its row is deleted, and with it the object: see `artifacts.sql`.
--
-- Closes the races with another upload and with any verb that ends or deletes the run: all of them hold the definition's lock.
--
-- Answers {"result": {"stored_at", "has_replaced"}}, or "refused" which is one of: not_found, other_attempt (with "attempt"), ended (with
-- "status"), reservation_ended
create or replace function public.commit_artifact(p_context jsonb, p_artifact_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_run_id constant uuid := p_context #>> '{run,run_id}';
  v_tenant_id constant uuid := p_context #>> '{run,tenant_id}';
  v_attempt constant integer := p_context #>> '{run,attempt}';
  v_now timestamptz;
  v_definition_id uuid;
  v_name text;
  v_created_at timestamptz;
  v_stored_at timestamptz;
  v_has_replaced boolean := false;
  v_answer jsonb;
  v_told jsonb;
begin
  -- 1. Lock the definition.
  v_definition_id := public.lock_definition_of_run(v_tenant_id, v_run_id);
  if v_definition_id is null then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "not_found"}');
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one. Then read the reservation.
  perform public.end_overdue_runs(array[v_definition_id], v_now);
  v_answer := public.judge_attempt(v_run_id, v_attempt);
  select a.name, a.created_at, a.stored_at into v_name, v_created_at, v_stored_at
  from public.workflow_run_artifacts a
  where a.run_id = v_run_id and a.id = p_artifact_id and a.attempt = v_attempt;

  -- 3. Mark the file as stored.
  if v_stored_at is null and (v_answer ? 'refused' or v_created_at + public.artifact_reservation() <= v_now) then
    delete from public.workflow_run_artifacts a where a.run_id = v_run_id and a.id = p_artifact_id and a.attempt = v_attempt;
    v_name := null;
  end if;
  if v_name is null then
    v_answer := case when v_answer ? 'refused' then v_answer else '{"refused": "reservation_ended"}' end;
  else
    if v_stored_at is null then
      v_stored_at := v_now;
      delete from public.workflow_run_artifacts a
      where a.run_id = v_run_id and a.attempt = v_attempt and a.name = v_name and a.stored_at is not null;
      v_has_replaced := found;
      update public.workflow_run_artifacts a set stored_at = v_now where a.run_id = v_run_id and a.id = p_artifact_id;
    end if;
    v_answer := jsonb_build_object('result', jsonb_build_object(
      'stored_at', public.wire_instant(v_stored_at), 'has_replaced', v_has_replaced));
    v_told := jsonb_build_object('changed', jsonb_build_object(
      'run_id', v_run_id, 'workflow_definition_id', v_definition_id));
  end if;

  -- 4. Promote the next run.
  perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
  return public.answer_of(p_context, v_tenant_id, v_answer, v_told);
end $$;
