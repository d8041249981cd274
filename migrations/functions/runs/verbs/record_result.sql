-- Records the result that a runner reports, and so ends its RUNNING run. The run token has proved which attempt of which run
-- that is.
--
-- Guarantees:
-- - When a run that was asked to stop is reported as FAILED, its failure is STOPPED; what the runner said is kept in the event.
--   A result of COMPLETED counts as usual.
-- - One result ends an attempt, once, and before its deadline. The result also proves that the runner accepted the dispatch.
-- - The same status again gets the same answer as the first time, and does not change what was reported first. Another status,
--   or a late result, changes nothing and is kept as a LATE_RESULT event: each different status and error once, and at most ten
--   for an attempt.
--
-- Closes two races:
-- - with a stop, a sweep or a second callback: all of them hold the definition's lock.
-- - with `record_acceptances`, which locks only the run: this verb locks the run, too.
--
-- With the default `random_page_cost`, Postgres would read the whole table of definitions to find one. This verb therefore sets a lower
-- one: see `lease_runs`.
--
-- Answers {"result": {"status"}}, or "refused" which is one of: not_found, other_attempt (with "attempt"), ended (with "status"
-- and "ended_by")
create or replace function public.record_result(
  p_context jsonb, p_status text, p_error text, p_output json, p_summary text, p_artifacts json
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan set random_page_cost = 1 as $$
declare
  c_max_late_results constant integer := 10;
  v_since constant bigint := public.last_event_id();
  v_run_id constant uuid := p_context #>> '{run,run_id}';
  v_tenant_id constant uuid := p_context #>> '{run,tenant_id}';
  v_token_attempt constant integer := p_context #>> '{run,attempt}';
  v_now timestamptz;
  v_definition_id uuid;
  v_event text;
  v_status text;
  v_attempt integer;
  v_ended_by text;
  v_is_taken boolean;
  v_stop_requested_at timestamptz;
  v_stop_reason text;
  v_stop_user_id uuid;
  v_detail jsonb;
  v_answer jsonb;
begin
  -- 1. Lock the definition, then the run.
  v_definition_id := public.lock_definition_of_run(v_tenant_id, v_run_id);
  if v_definition_id is null then
    return public.answer_of(p_context, v_since, v_tenant_id, '{"refused": "not_found"}');
  end if;
  perform r.id from public.workflow_runs r where r.id = v_run_id for update;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one. Then read this one.
  perform public.end_overdue_runs(array[v_definition_id], v_now);
  select r.status, r.attempt, r.ended_by, r.dispatched_at is not null, a.stop_requested_at, a.stop_reason, a.stop_user_id
  into v_status, v_attempt, v_ended_by, v_is_taken, v_stop_requested_at, v_stop_reason, v_stop_user_id
  from public.workflow_runs r
  left join public.running_attempts a on a.run_id = r.id
  where r.id = v_run_id;
  v_event := case p_status when 'COMPLETED' then 'complete' else 'fail' end;

  -- 3. Record the result.
  if v_status is null then
    v_answer := '{"refused": "not_found"}';
  elsif v_attempt <> v_token_attempt then
    v_answer := jsonb_build_object('refused', 'other_attempt', 'attempt', v_attempt);
  elsif public.next_status(v_status, v_event) is not null then
    if p_status = 'FAILED' and v_stop_requested_at is not null then
      perform public.end_attempts(array[v_run_id], v_now, v_event, 'STOP', 'STOPPED', public.stopped_error(v_stop_reason),
        'STOPPED', jsonb_build_object('reason', v_stop_reason, 'user_id', v_stop_user_id, 'reported', true, 'error', p_error),
        p_output, p_summary, p_artifacts, not v_is_taken);
    elsif p_status = 'FAILED' then
      perform public.end_attempts(array[v_run_id], v_now, v_event, 'CALLBACK', 'REPORTED', p_error,
        'FAILED', jsonb_build_object('error', p_error), p_output, p_summary, p_artifacts, not v_is_taken);
    else
      perform public.end_attempts(array[v_run_id], v_now, v_event, 'CALLBACK', null, null,
        'COMPLETED', null, p_output, p_summary, p_artifacts, not v_is_taken);
    end if;
    v_answer := jsonb_build_object('result', jsonb_build_object('status', p_status));
  elsif v_status = p_status and (v_ended_by = 'CALLBACK' or exists (
    select from public.workflow_run_events e
    where e.run_id = v_run_id and e.attempt = v_attempt and e.type = 'STOPPED' and e.detail ? 'reported')) then
    v_answer := jsonb_build_object('result', jsonb_build_object('status', p_status));
  else
    v_detail := jsonb_build_object('status', p_status, 'error', p_error);
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select v_tenant_id, v_run_id, v_attempt, 'LATE_RESULT', v_now, v_detail
    from public.workflow_run_events e
    where e.run_id = v_run_id and e.attempt = v_attempt and e.type = 'LATE_RESULT'
    having count(*) < c_max_late_results and count(*) filter (where e.detail = v_detail) = 0;
    v_answer := jsonb_build_object('refused', 'ended', 'status', v_status, 'ended_by', v_ended_by);
  end if;

  -- 4. Promote the next run.
  perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
  return public.answer_of(p_context, v_since, v_tenant_id, v_answer);
end $$;
