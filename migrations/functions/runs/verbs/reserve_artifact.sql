-- Reserves a place for a file of an attempt, which the Worker is about to put into the bucket. The run token has proved which attempt of
-- which run that is.
--
-- Guarantees:
-- - Idempotent for the same `p_artifact_id`.
-- - A run has at most 50 files, and at most 1 GiB altogether: see `judge_artifact_room`. Reservations count, too.
-- - It deletes the other reservations of the same name, so the newest upload counts, and the reservations of earlier attempts.
-- - It proves that the runner accepted the dispatch.
--
-- Closes the races with another upload and with any verb that ends the run: all of them hold the definition's lock.
--
-- Answers {"result": {"key"}}, or "refused" which is one of: not_found, other_attempt (with "attempt"), ended (with "status"), too_many,
-- too_large, or see `judge_cap`
create or replace function public.reserve_artifact(
  p_context jsonb, p_artifact_id uuid, p_name text, p_content_type text, p_bytes bigint, p_sha256 text
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_run_id constant uuid := p_context #>> '{run,run_id}';
  v_tenant_id constant uuid := p_context #>> '{run,tenant_id}';
  v_attempt constant integer := p_context #>> '{run,attempt}';
  v_now timestamptz;
  v_definition_id uuid;
  v_answer jsonb;
begin
  -- 1. Lock the definition.
  v_definition_id := public.lock_definition_of_run(v_tenant_id, v_run_id);
  if v_definition_id is null then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "not_found"}');
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one. May this attempt have the file?
  perform public.end_overdue_runs(array[v_definition_id], v_now);
  v_answer := public.judge_attempt(v_run_id, v_attempt);
  if not v_answer ? 'refused' then
    delete from public.workflow_run_artifacts a
    where a.run_id = v_run_id and a.stored_at is null and a.id <> p_artifact_id and (a.attempt < v_attempt or a.name = p_name);
    v_answer := public.judge_artifact_room(v_run_id, v_attempt, p_artifact_id, p_name, p_bytes);
  end if;
  if not v_answer ? 'refused' and not exists (
    select from public.workflow_run_artifacts a where a.run_id = v_run_id and a.id = p_artifact_id) then
    v_answer := public.judge_cap(v_tenant_id, 'artifact_bytes', p_bytes);
  end if;

  -- 3. Insert the reservation.
  if not v_answer ? 'refused' then
    insert into public.workflow_run_artifacts (run_id, id, tenant_id, attempt, name, content_type, bytes, sha256, created_at)
    values (v_run_id, p_artifact_id, v_tenant_id, v_attempt, p_name, p_content_type, p_bytes, p_sha256, v_now)
    on conflict (run_id, id) do nothing;
    perform public.note_taken(v_run_id, v_now);
    v_answer := jsonb_build_object('result', jsonb_build_object(
      'key', public.artifact_key(v_tenant_id, v_run_id, v_attempt, p_artifact_id)));
  end if;

  -- 4. Promote the next run.
  perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
  return public.answer_of(p_context, v_tenant_id, v_answer);
end $$;
