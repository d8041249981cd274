-- Stops a PENDING or RUNNING run on behalf of the caller. With `p_grace_seconds`, its runner gets that many seconds to end its
-- work: until then, or until the run's deadline or the end of its lease, the run stays RUNNING and keeps its slot. Without, the
-- run fails at once. A run also fails at once when no runner could learn of the stop: it is PENDING, it was not sent to a
-- runner yet, or its definition no longer has a runner.
--
-- Guarantees:
-- - In one transaction the run ends and the next run gets its slot.
-- - A second stop can only shorten the time of the first one.
-- - A run that is being stopped is not dispatched again, and is not retried automatically.
--
-- Closes the race with a callback, a sweep or a second stop: all of them hold the definition's lock.
--
-- Answers {"result": {"run"}}, or "refused": see `lock_and_judge_run` and `judge_run_state`. The effects have the webhook that asks the
-- runner to stop, or the message that the run was stopped.
create or replace function public.stop_run(p_context jsonb, p_run_id uuid, p_reason text, p_grace_seconds integer) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller. Then lock the run.
  v_judged constant jsonb := public.lock_and_judge_run(p_context, p_run_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_definition_id constant uuid := v_judged ->> 'definition_id';
  v_now timestamptz;
  v_answer jsonb;
  v_before jsonb;
  v_stopped jsonb := '[]';
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  perform r.id from public.workflow_runs r where r.id = p_run_id for update;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[v_definition_id], v_now, array[p_run_id]);

  -- 3. Stop the run.
  v_answer := public.judge_run_state(p_run_id, 'stop');
  if not v_answer ? 'refused' then
    v_before := public.audited('workflow_run', p_run_id);
    v_stopped := public.stop_judged_run(
      p_context, (v_judged ->> 'user_id')::uuid, p_run_id, p_reason, p_grace_seconds, v_now) -> 'stopped';
    perform public.audit_change(p_context, v_tenant_id, 'workflow_run.stopped', 'workflow_run', p_run_id, v_before,
      case when p_reason is not null then jsonb_build_object('reason', public.audit_text(p_reason)) end);
  end if;

  -- 4. Promote the next run, then read the run for the answer.
  perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
  if not v_answer ? 'refused' then
    v_answer := jsonb_build_object('result', jsonb_build_object('run', public.run_response(p_run_id, v_now)));
  end if;
  return public.answer_of(p_context, v_tenant_id, v_answer, jsonb_build_object('stopped', v_stopped));
end $$;
