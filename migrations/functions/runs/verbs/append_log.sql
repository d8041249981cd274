-- Adds an entry to the log of an attempt. The runner's run token has proved which attempt of which run that is.
--
-- Guarantees:
-- - Idempotent: an entry that is sent again is stored once. Entries may arrive in any order.
-- - A log has a limit: see `store_log_entries`.
-- - Nothing is added once the attempt has ended. So a reader who reads the log after the end has seen all of it.
-- - An entry proves that the runner accepted the dispatch.
--
-- Closes two races:
-- - with any verb that ends the run: all of them hold the definition's lock.
-- - with a Worker that records that the dispatch was accepted: the update of the run's row is conditional.
--
-- Answers {"result": {"is_cut"}}, or "refused" which is one of: not_found, other_attempt (with "attempt"), ended (with "status"),
-- other_text (the number was used for another text)
create or replace function public.append_log(
  p_context jsonb, p_sequence integer, p_text text, p_omitted_bytes bigint default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_run_id constant uuid := p_context #>> '{run,run_id}';
  v_tenant_id constant uuid := p_context #>> '{run,tenant_id}';
  v_attempt constant integer := p_context #>> '{run,attempt}';
  v_now timestamptz;
  v_definition_id uuid;
  v_known_text text;
  v_is_cut boolean;
  v_answer jsonb;
begin
  -- 1. Lock the definition.
  v_definition_id := public.lock_definition_of_run(v_tenant_id, v_run_id);
  if v_definition_id is null then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "not_found"}');
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one, and judge this one. Is the entry known?
  perform public.end_overdue_runs(array[v_definition_id], v_now);
  v_answer := public.judge_attempt(v_run_id, v_attempt);
  select e.text, l.is_cut into v_known_text, v_is_cut
  from public.workflow_run_log_entries e
  join public.workflow_run_logs l on l.run_id = e.run_id and l.attempt = e.attempt
  where e.run_id = v_run_id and e.attempt = v_attempt and e.sequence = p_sequence;

  -- 3. Store the entry. One that is known is answered also after the end of the attempt.
  if v_known_text is not null and (v_answer = '{}' or v_answer ->> 'refused' = 'ended') then
    v_answer := case
      when v_known_text = p_text then jsonb_build_object('result', jsonb_build_object('is_cut', v_is_cut))
      else '{"refused": "other_text"}'
    end;
  elsif v_answer = '{}' then
    v_is_cut := public.store_log_entries(
      v_run_id, v_attempt, jsonb_build_array(jsonb_build_object(
        'sequence', p_sequence, 'text', p_text, 'omitted_bytes', p_omitted_bytes)), v_now
    ) ->> 'is_cut';
    perform public.note_taken(v_run_id, v_now);
    v_answer := jsonb_build_object('result', jsonb_build_object('is_cut', v_is_cut));
  end if;

  -- 4. Promote the next run.
  perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
  return public.answer_of(p_context, v_tenant_id, v_answer,
    case when v_answer ? 'result' then jsonb_build_object('log_of', v_run_id) end);
end $$;
