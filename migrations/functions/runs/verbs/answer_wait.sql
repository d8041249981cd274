-- Answers a question of a suspended run. When nothing else is missing, the run joins its queue in the same transaction.
--
-- Guarantees:
-- - The first answer wins. The same one again gets the same result, and another one changes nothing.
-- - The caller needs the rights of an invoke, and what the question asks for besides: see `may_answer`.
-- - A run whose workflow is paused joins its queue, and starts when the workflow is resumed.
-- Closes the race with another answer, the end of the time, and a stop: all of them hold the definition's lock.
--
-- Answers {"result": {"wait": see `wait_response`}}, or "refused":
--   unauthenticated, not_found (no run that the caller may see, or no such question), forbidden, people_only
--   answered      with "answer": what was answered first
--   closed        with "status" of the run: it is not suspended any more, or has gone on without the answer
--   not_a_choice  with "choices"
create or replace function public.answer_wait(
  p_context jsonb, p_run_id uuid, p_key text, p_value text, p_comment text default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb;
  v_tenant_id uuid;
  v_user_id uuid;
  v_definition_id uuid;
  v_now timestamptz;
  v_answer jsonb;
  v_changed jsonb;
begin
  -- 1. Lock the definition, and judge the caller.
  v_judged := public.lock_and_judge_run_of_tenant(p_context, p_run_id);
  v_tenant_id := v_judged ->> 'tenant_id';
  v_user_id := v_judged ->> 'user_id';
  v_definition_id := v_judged ->> 'definition_id';
  if not v_judged ? 'refused' then
    v_judged := v_judged || public.judge_answerer(p_context -> 'caller', v_judged ->> 'role', v_tenant_id, v_user_id, p_run_id, p_key);
  end if;
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one, then judge the question and the answer.
  v_changed := coalesce(public.end_overdue_runs(array[v_definition_id], v_now, array[p_run_id]) -> 'runs', '[]');
  v_answer := public.judge_answer(p_run_id, p_key, p_value, v_now);

  -- 3. Store the answer, and let the run join its queue when all has come.
  if v_answer = '{}' then
    update public.run_waits w
    set value = p_value, comment = p_comment, user_id = v_user_id, answered_at = v_now, is_open = false
    where w.run_id = p_run_id and w.key = p_key;
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select r.tenant_id, r.id, r.attempt, 'ANSWERED', v_now, jsonb_build_object('key', p_key, 'value', p_value, 'user_id', v_user_id)
    from public.workflow_runs r
    where r.id = p_run_id;
    perform public.audit_act(p_context, v_tenant_id, 'workflow_run.answered', 'workflow_run', p_run_id, jsonb_strip_nulls(
      jsonb_build_object('key', p_key, 'value', public.audit_text(p_value), 'comment', public.audit_text(p_comment))),
      jsonb_build_object('kind', 'workflow_definition', 'id', v_definition_id));
    v_changed := v_changed || public.resume_if_complete(p_run_id, v_now);
  end if;

  -- 4. Promote the next run.
  v_changed := v_changed || coalesce(public.promote_next_runs(p_context, array[v_definition_id], v_now), '[]');
  if v_answer = '{}' then
    v_answer := jsonb_build_object('result', jsonb_build_object('wait', public.wait_response(p_run_id, p_key)));
  end if;
  return public.answer_with(p_context, v_tenant_id, v_answer, v_changed);
end $$;
