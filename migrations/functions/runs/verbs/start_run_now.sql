-- Lets a PENDING run that waits for an instant, its `start_after` or the end of a back-off, join the end of its definition's queue now.
-- It starts when it is its turn. When it must have started by an instant, that stays as it is.
--
-- Guarantees: the run keeps its attempt, its snapshot and its input.
-- Closes the race with the instant itself, a stop, and a second call: all of them hold the definition's lock.
--
-- Answers {"result": {"run"}}, or "refused": see `lock_and_judge_run` and `judge_run_state`; not_delayed (it is in the queue already), suspended
create or replace function public.start_run_now(p_context jsonb, p_run_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_run(p_context, p_run_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_definition_id constant uuid := v_judged ->> 'definition_id';
  v_now timestamptz;
  v_answer jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue runs, if there are any.
  perform public.end_overdue_runs(array[v_definition_id], v_now, array[p_run_id]);

  -- 3. Let the run join the queue.
  v_answer := public.judge_run_state(p_run_id, 'start_now');
  if v_answer = '{}' and exists (
    select from public.workflow_runs r where r.id = p_run_id and (r.queue_position is not null or r.not_before <= v_now)) then
    v_answer := '{"refused": "not_delayed"}';
  elsif v_answer = '{}' and exists (select from public.workflow_runs r where r.id = p_run_id and r.suspended_at is not null) then
    v_answer := '{"refused": "suspended"}';
  end if;
  if v_answer = '{}' then
    perform public.join_queue_now(p_run_id, v_definition_id, v_now);
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select r.tenant_id, r.id, r.attempt, 'QUEUED', v_now, jsonb_build_object('user_id', v_judged -> 'user_id')
    from public.workflow_runs r
    where r.id = p_run_id;
  end if;

  -- 4. Promote the next run, then read the run for the answer.
  perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
  if v_answer = '{}' then
    v_answer := jsonb_build_object('result', jsonb_build_object('run', public.run_response(p_run_id, v_now)));
  end if;
  return public.answer_of(p_context, v_tenant_id, v_answer);
end $$;
