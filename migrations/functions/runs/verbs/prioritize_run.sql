-- Gives a PENDING run another priority, from 0 to 9: see `priorities.sql`. In its queue, it comes behind those with this priority that joined
-- before it. One that is delayed or suspended has the priority when it joins. Whoever may write its definition may do it, since the run may
-- pass others.
--
-- Guarantees: the run keeps its attempt and the instant at which it joined its queue.
-- Idempotent: with the priority that the run has, it changes nothing.
-- Closes the race with a start and a stop: all of them hold the definition's lock.
--
-- Answers {"result": {"run"}}, or "refused": see `lock_and_judge_run` and `judge_run_state`; forbidden also means: no write on the definition
create or replace function public.prioritize_run(p_context jsonb, p_run_id uuid, p_priority integer) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_run(p_context, p_run_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_definition_id constant uuid := v_judged ->> 'definition_id';
  v_now timestamptz;
  v_answer jsonb;
begin
  if coalesce(v_judged ->> 'refused' <> 'forbidden', false) then
    return public.refusal_of(p_context, v_judged);
  end if;
  -- It may be the run of another user, but not of a definition that the caller may not write.
  if not public.may_change_definition(v_judged ->> 'role', v_tenant_id, (v_judged ->> 'user_id')::uuid, v_definition_id) then
    return public.refusal_of(p_context, v_judged || '{"refused": "forbidden"}');
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue runs, if there are any.
  perform public.end_overdue_runs(array[v_definition_id], v_now, array[p_run_id]);

  -- 3. Change the priority, and the place with it.
  v_answer := public.judge_run_state(p_run_id, 'prioritize');
  if v_answer = '{}' then
    with changed as (
      update public.workflow_runs r
      set priority = p_priority, queue_position = public.place_by_priority(r.queue_position, p_priority)
      from (select before.priority from public.workflow_runs before where before.id = p_run_id) before
      where r.id = p_run_id and r.priority <> p_priority
      returning r.tenant_id, r.id, r.attempt, before.priority
    )
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select c.tenant_id, c.id, c.attempt, 'PRIORITIZED', v_now,
      jsonb_build_object('priority', p_priority, 'before', c.priority, 'user_id', v_judged -> 'user_id')
    from changed c;
  end if;

  -- 4. Promote the next run, then read the run for the answer.
  perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
  if v_answer = '{}' then
    v_answer := jsonb_build_object('result', jsonb_build_object('run', public.run_response(p_run_id, v_now)));
  end if;
  return public.answer_of(p_context, v_tenant_id, v_answer);
end $$;
