-- The files of an attempt, for a caller who may see the run. A null `p_attempt` means those of the run: see `files_begin_at`.
--
-- Answers {"tenant_id", and either "refused" (see `judge_run_read`; also no_such_attempt) or "attempt", "artifacts": see `artifacts_of`}.
create or replace function public.list_artifacts(p_credential jsonb, p_run_id uuid, p_attempt integer) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.judge_run_read(p_credential, p_run_id);
  v_latest_attempt integer;
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  v_latest_attempt := (select r.attempt from public.workflow_runs r where r.id = p_run_id);
  if p_attempt > v_latest_attempt then
    return jsonb_build_object('tenant_id', v_judged -> 'tenant_id', 'refused', 'no_such_attempt');
  end if;
  return jsonb_build_object('tenant_id', v_judged -> 'tenant_id', 'attempt', coalesce(p_attempt, v_latest_attempt),
    'artifacts', public.artifacts_of(
      p_run_id, coalesce(p_attempt, v_latest_attempt), coalesce(p_attempt, public.files_begin_at(p_run_id, v_latest_attempt))));
end $$;
