-- Keeps something under a key of a run, for the attempts after this one. The run token has proved which attempt of which run that is.
--
-- Guarantees:
-- - The first value of a key stays. The same one again gets the same answer, and another one is refused.
-- - Only the current attempt of a RUNNING run can keep something, so a runner that was lost overwrites nothing.
-- - It extends no lease.
--
-- It locks the run, and not its definition: a step of a run does not wait for other runs. Whoever ends the attempt or puts the run back
-- changes the run's row, so it waits for this verb, or this verb sees what it has done. A run that has ended by time counts as ended.
--
-- Answers {"result": {"is_new"}}, or "refused": see `judge_message` and `judge_checkpoint`.
create or replace function public.keep_checkpoint(p_context jsonb, p_key text, p_value json) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_run_id constant uuid := p_context #>> '{run,run_id}';
  v_tenant_id constant uuid := p_context #>> '{run,tenant_id}';
  v_attempt constant integer := p_context #>> '{run,attempt}';
  v_now timestamptz;
  v_answer jsonb;
begin
  -- 1. Lock the run, and judge the attempt.
  perform r.id from public.workflow_runs r where r.id = v_run_id and r.tenant_id = v_tenant_id for no key update;
  v_now := clock_timestamp();
  v_answer := public.judge_attempt_read(v_tenant_id, v_run_id, v_attempt, v_now);

  -- 2. Keep the value.
  if v_answer = '{}' then
    v_answer := public.judge_checkpoint(v_run_id, p_key, p_value);
  end if;
  if v_answer = '{}' then
    insert into public.run_checkpoints (run_id, key, tenant_id, attempt, value, bytes, kept_at)
    values (v_run_id, p_key, v_tenant_id, v_attempt, p_value, octet_length(p_value::text), v_now);
    v_answer := '{"result": {"is_new": true}}';
  end if;
  return public.answer_with(p_context, v_tenant_id, v_answer, null);
end $$;
