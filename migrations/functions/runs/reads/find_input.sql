-- The input with which a run was triggered, for a caller who may see the run.
--
-- Answers {"tenant_id", and either "input" or "refused"} (see `judge_run_read`). `input` is a JSON object as text, or null.
create or replace function public.find_input(p_credential jsonb, p_run_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.judge_run_read(p_credential, p_run_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return (
    select jsonb_build_object('tenant_id', r.tenant_id, 'input', r.input::text)
    from public.workflow_runs r
    where r.id = p_run_id);
end $$;
