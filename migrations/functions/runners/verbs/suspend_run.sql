-- Suspends a RUNNING run, because its runner needs something that may take long: see `suspensions.sql`. The run becomes PENDING, outside of
-- its queue, with its next attempt. The run token has proved which attempt of which run that is. `p_suspension` is {"waits": [{"key",
-- "kind", of a question "prompt", "choices"?, "by"?, "people_only"?, of a timer "at" or "seconds", of a signal "name", "correlation"?}],
-- "timeout_seconds"?, "on_timeout", "note"?}. Without a timeout, the time is seven days, or until the last timer is due, if that is later.
--
-- Guarantees:
-- - From then on all messages of the runner about the run are refused, as those of an older attempt. The slot is free in the same
--   transaction.
-- - What has come already is not asked again. When all has come, the run is not suspended, and the attempt gets the outcomes.
-- - Idempotent: the same request of the same attempt gets the same answer, also after the run has resumed.
-- - A run that was asked to stop becomes STOPPED now, as if the time of the stop were over.
-- - It proves that the runner has accepted the run: it may be faster than the runner's answer to the dispatch.
--
-- Closes the same races as `release_run`.
--
-- Answers {"result": {"suspended", "outcomes": see `wait_outcomes`, null when it is suspended}}, or "refused": see `judge_attempt` and
-- `judge_waits`.
create or replace function public.suspend_run(p_context jsonb, p_suspension jsonb) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  c_days constant integer := 7;
  -- After its creation, a run may stay suspended for so long.
  c_most_days constant integer := 366;
  v_run_id constant uuid := p_context #>> '{run,run_id}';
  v_tenant_id constant uuid := p_context #>> '{run,tenant_id}';
  v_attempt constant integer := p_context #>> '{run,attempt}';
  v_waits constant jsonb := p_suspension -> 'waits';
  v_keys constant text[] := array(
    select asked.value ->> 'key' from jsonb_array_elements(v_waits) with ordinality asked (value, place) order by asked.place);
  v_hash constant bytea := sha256(convert_to(p_suspension::text, 'UTF8'));
  v_now timestamptz;
  v_definition_id uuid;
  v_ends_at timestamptz;
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
  if v_answer ->> 'refused' = 'other_attempt' and exists (
    select from public.run_suspensions s where s.run_id = v_run_id and s.attempt = v_attempt and s.body_hash = v_hash) then
    v_answer := '{"result": {"suspended": true, "outcomes": null}}';
  elsif v_answer = '{}' then
    v_stopped := public.end_stopping_run(v_run_id, v_definition_id, v_now);
    v_changed := v_changed || coalesce(v_stopped, '[]');
    v_answer := case
      when v_stopped is null then public.judge_waits(v_run_id, v_waits, v_now) else public.judge_attempt(v_run_id, v_attempt) end;
  end if;

  -- 3. Ask, and suspend it unless all has come.
  if v_answer = '{}' then
    if public.note_taken(v_run_id, v_now) then
      v_changed := v_changed || public.changed_runs(array[v_run_id]);
    end if;
    v_ends_at := (
      select least(r.created_at + make_interval(days => c_most_days), coalesce(
        v_now + make_interval(secs => (p_suspension ->> 'timeout_seconds')::float8),
        greatest(v_now + make_interval(days => c_days), (
          select max(coalesce((asked.value ->> 'at')::timestamptz, v_now + make_interval(secs => (asked.value ->> 'seconds')::float8)))
          from jsonb_array_elements(v_waits) asked (value)))))
      from public.workflow_runs r
      where r.id = v_run_id);
    perform public.store_waits(v_tenant_id, v_run_id, v_definition_id, v_waits,
      case p_suspension ->> 'on_timeout' when 'continue' then v_ends_at end, v_now);
    perform public.take_kept_signals(v_run_id, v_definition_id, v_keys, v_now);
    if exists (
      select from public.run_waits w
      where w.run_id = v_run_id and w.key = any (v_keys) and public.wait_outcome(w, v_now) is null) then
      insert into public.run_suspensions (run_id, attempt, tenant_id, keys, body_hash, ends_at, on_timeout, note, queue_position)
      select r.id, r.attempt, r.tenant_id, v_keys, v_hash, v_ends_at, p_suspension ->> 'on_timeout', p_suspension ->> 'note',
        r.queue_position
      from public.workflow_runs r
      where r.id = v_run_id;
      v_changed := v_changed || public.put_back(array[v_run_id], v_now, 'suspend', jsonb_build_object(
        'keys', v_keys, 'ends_at', public.wire_instant(v_ends_at), 'prompt', (
          select public.audit_text(w.prompt) from public.run_waits w
          where w.run_id = v_run_id and w.key = any (v_keys) and w.kind = 'question' and w.value is null
          order by array_position(v_keys, w.key)
          limit 1)));
      v_answer := '{"result": {"suspended": true, "outcomes": null}}';
    else
      v_answer := jsonb_build_object('result', jsonb_build_object(
        'suspended', false, 'outcomes', public.wait_outcomes(v_run_id, v_keys, v_now)));
    end if;
  end if;

  -- 4. Promote the next run.
  v_changed := v_changed || coalesce(public.promote_next_runs(p_context, array[v_definition_id], v_now), '[]');
  return public.answer_with(p_context, v_tenant_id, v_answer, v_changed);
end $$;
