-- Ends a reservation whose object was not put into the bucket: the upload was cut, or the bucket has refused it.
--
-- Guarantees: idempotent, and a file that is stored stays. Without this call, the reservation ends after an hour: see `artifacts.sql`.
-- Closes the race with a repeated `commit_artifact`, which holds the lock of the row that it marks as stored.
--
-- Answers {"result": {}}.
create or replace function public.abandon_artifact(p_context jsonb, p_artifact_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_run_id constant uuid := p_context #>> '{run,run_id}';
  v_tenant_id constant uuid := p_context #>> '{run,tenant_id}';
  v_attempt constant integer := p_context #>> '{run,attempt}';
begin
  delete from public.workflow_run_artifacts a
  where a.run_id = v_run_id and a.id = p_artifact_id and a.tenant_id = v_tenant_id and a.attempt = v_attempt
    and a.stored_at is null;
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}');
end $$;
