-- Sends a signal to the runs of a workflow: see `signals.sql`. `p_signal` is {"name", "correlation", "id"}, and `p_payload` any JSON.
--
-- Guarantees:
-- - Exactly one run gets it: the oldest that waits for it, or else the next one that asks, within seven days.
-- - The same signal, with the same id, gets the same answer for seven days, and no run gets it again.
-- - The caller needs the rights of an invoke. A run whose workflow is paused joins its queue, and starts when the workflow is resumed.
-- Closes the race with a run that suspends itself, with the end of its time, and with the same signal in another request: all of them hold the
-- definition's lock.
--
-- Answers {"result": see `signal_response`}, or "refused": unauthenticated, not_found, forbidden, and see `receive_signal`
create or replace function public.signal_workflow(p_context jsonb, p_definition_id uuid, p_signal jsonb, p_payload json) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_definition(p_context, p_definition_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_user_id constant uuid := v_judged ->> 'user_id';
  v_now timestamptz;
  v_received jsonb;
  v_changed jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  elsif not public.may_invoke(v_judged ->> 'role', v_tenant_id, v_user_id, p_definition_id) then
    return public.refusal_of(p_context, v_judged || '{"refused": "forbidden"}');
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue runs, if there are any.
  v_changed := coalesce(public.end_overdue_runs(array[p_definition_id], v_now) -> 'runs', '[]');

  -- 3. Give the signal to a run, or keep it.
  v_received := public.receive_signal(v_tenant_id, v_user_id, p_definition_id, p_signal, p_payload, v_now);
  v_changed := v_changed || (v_received -> 'changed');

  -- 4. Promote the next run.
  v_changed := v_changed || coalesce(public.promote_next_runs(p_context, array[p_definition_id], v_now), '[]');
  return public.answer_with(p_context, v_tenant_id, v_received -> 'answer', v_changed);
end $$;
