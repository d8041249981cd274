-- Deletes a run and its events. A RUNNING run cannot be deleted.
--
-- Guarantees: a run is deleted together with all of its events, or not at all.
-- Closes the race with a promotion, which would start the run at the same moment: both hold the definition's lock.
--
-- Answers {"result": {}}, or "refused": see `lock_and_judge_run` and `judge_run_state`.
create or replace function public.delete_run(p_context jsonb, p_run_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_run(p_context, p_run_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_definition_id constant uuid := v_judged ->> 'definition_id';
  v_now timestamptz;
  v_answer jsonb;
  v_told jsonb;
  v_before jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[v_definition_id], v_now, array[p_run_id]);

  -- 3. Delete the run.
  v_answer := public.judge_run_state(p_run_id, 'delete');
  if not v_answer ? 'refused' then
    v_before := public.audited('workflow_run', p_run_id);
    perform public.delete_judged_run(p_run_id, v_now);
    perform public.audit_change(p_context, v_tenant_id, 'workflow_run.deleted', 'workflow_run', p_run_id, v_before);
    v_answer := '{"result": {}}';
    v_told := jsonb_build_object('deleted', jsonb_build_array(
      jsonb_build_object('run_id', p_run_id, 'workflow_definition_id', v_definition_id)));
  end if;

  -- 4. Promote the next run.
  perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
  return public.answer_of(p_context, v_tenant_id, v_answer, v_told);
end $$;
