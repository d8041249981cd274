-- All that an attempt can go on with, for its runner: the outcomes of all that the run has waited for, and all checkpoints. The run token
-- has proved which attempt of which run that is.
--
-- Answers {"refused"} (see `judge_message`), or {"outcomes": see `wait_outcomes`, "checkpoints": {key: JSON as text}}.
create or replace function public.find_resume(p_tenant_id uuid, p_run_id uuid, p_attempt integer) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_now constant timestamptz := statement_timestamp();
  v_judged constant jsonb := public.judge_attempt_read(p_tenant_id, p_run_id, p_attempt, v_now);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return jsonb_build_object(
    'outcomes', public.wait_outcomes(p_run_id, array(select w.key from public.run_waits w where w.run_id = p_run_id), v_now),
    'checkpoints', (
      select coalesce(jsonb_object_agg(c.key, c.value::text), '{}') from public.run_checkpoints c where c.run_id = p_run_id));
end $$;
