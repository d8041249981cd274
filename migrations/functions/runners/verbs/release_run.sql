-- Gives a RUNNING run back, because its runner shuts down. The run becomes PENDING again, with its next attempt and at its old
-- place in the queue, which is the first. The run token has proved which attempt of which run that is.
--
-- Guarantees:
-- - From then on all messages of the runner about the run are refused, as those of an older attempt.
-- - A run that was asked to stop does not start again: it becomes STOPPED now, as if the time of the stop were over.
-- - A runner that gives back all that it gets causes no endless loop: from the third time on, the run waits for a back-off.
--
-- Closes two races:
-- - with any verb that ends the run: all of them hold the definition's lock.
-- - with `record_stop_dispatch`, which locks only the run and then its attempt: this verb locks the run before the attempt, too.
--
-- Answers {"result": {"attempt": the run's new attempt}}, or "refused": see `judge_attempt`.
create or replace function public.release_run(p_context jsonb) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_run_id constant uuid := p_context #>> '{run,run_id}';
  v_tenant_id constant uuid := p_context #>> '{run,tenant_id}';
  v_attempt constant integer := p_context #>> '{run,attempt}';
  v_now timestamptz;
  v_definition_id uuid;
  v_answer jsonb;
  v_stopped jsonb;
  v_changed jsonb;
begin
  -- 1. Lock the definition, then the run.
  v_definition_id := public.lock_definition_of_run(v_tenant_id, v_run_id);
  if v_definition_id is null then
    return public.answer_with(p_context, v_tenant_id, '{"refused": "not_found"}', null);
  end if;
  perform r.id from public.workflow_runs r where r.id = v_run_id for update;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one, then judge this one.
  v_changed := coalesce(public.end_overdue_runs(array[v_definition_id], v_now) -> 'runs', '[]');
  v_answer := public.judge_attempt(v_run_id, v_attempt);

  -- 3. Give it back.
  if not v_answer ? 'refused' then
    v_stopped := public.end_stopping_run(v_run_id, v_definition_id, v_now);
    v_changed := v_changed || coalesce(v_stopped, public.put_back(array[v_run_id], v_now, 'release'));
    v_answer := jsonb_build_object('result', jsonb_build_object(
      'attempt', case when v_stopped is null then v_attempt + 1 else v_attempt end));
  end if;

  -- 4. Promote the next run.
  v_changed := v_changed || coalesce(public.promote_next_runs(p_context, array[v_definition_id], v_now), '[]');
  return public.answer_with(p_context, v_tenant_id, v_answer, v_changed);
end $$;
