-- Retries a FAILED run: it gets its next attempt, with the same snapshot and input, at the end of its definition's queue.
--
-- Guarantees:
-- - A retry needs the same as an invoke: the caller sees the definition; the definition is active and has a runner; all parts
--   of the snapshot still exist, and the caller's permissions of today allow reading them and writing the outputs.
-- - No two unfinished runs have the same idempotency key: the retry is refused while another run uses the key.
-- Closes the race with an invoke, a callback or a second retry: all of them hold the definition's lock.
--
-- Answers {"result": {"run"}}, or "refused": see `lock_and_judge_run` and `judge_retry`.
create or replace function public.retry_run(p_context jsonb, p_run_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_run(p_context, p_run_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_user_id constant uuid := v_judged ->> 'user_id';
  v_definition_id constant uuid := v_judged ->> 'definition_id';
  v_now timestamptz;
  v_answer jsonb;
  v_before jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[v_definition_id], v_now, array[p_run_id]);

  -- 3. Put the run at the end of the queue.
  v_answer := public.judge_retry(v_judged ->> 'role', v_tenant_id, v_user_id, p_run_id);
  if not v_answer ? 'refused' then
    v_before := public.audited('workflow_run', p_run_id);
    perform public.retry_judged_run(v_user_id, p_run_id, v_definition_id, v_now);
    perform public.audit_change(p_context, v_tenant_id, 'workflow_run.retried', 'workflow_run', p_run_id, v_before);
  end if;

  -- 4. Promote the next run, then read the run for the answer.
  perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
  if not v_answer ? 'refused' then
    v_answer := jsonb_build_object('result', jsonb_build_object('run', public.run_response(p_run_id, v_now)));
  end if;
  return public.answer_of(p_context, v_tenant_id, v_answer);
end $$;
