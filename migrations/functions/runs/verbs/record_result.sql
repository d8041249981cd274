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
-- - A reported failure is retried when the policy of the definition says so, unless `p_retry` is false: see `retry_by_policy` for
--   `p_retry_after_seconds`. Reporting it again, also after that, gets the same answer.
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
  p_context jsonb, p_status text, p_error text, p_output json, p_summary text, p_artifacts json, p_retry boolean default true,
  p_retry_after_seconds integer default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan set random_page_cost = 1 as $$
declare
  c_max_late_results constant integer := 10;
  v_run_id constant uuid := p_context #>> '{run,run_id}';
  v_tenant_id constant uuid := p_context #>> '{run,tenant_id}';
  v_token_attempt constant integer := p_context #>> '{run,attempt}';
  v_event constant text := case p_status when 'COMPLETED' then 'complete' else 'fail' end;
  v_now timestamptz;
  v_definition_id uuid;
  v_starts_runs boolean;
  v_is_due boolean;
  v_waits boolean;
  v_may_retry boolean;
  v_is_followed boolean;
  v_changed jsonb := '[]';
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
  -- 1. Lock the definition, then the run, and read both as they are after both locks.
  select d.id, public.starts_runs(d.is_active, d.runner_url, d.handover),
    p_status = 'FAILED' and p_retry is not false and d.max_attempts > 1 and 'REPORTED' = any (d.retry_on),
    d.last_end is not null or num_nonnulls(r.batch_id, r.parent_run_id) > 0,
    r.status, r.attempt, r.ended_by, r.dispatched_at is not null
  into v_definition_id, v_starts_runs, v_may_retry, v_is_followed, v_status, v_attempt, v_ended_by, v_is_taken
  from public.workflow_runs r
  join public.workflow_definitions d on d.id = r.workflow_definition_id
  where r.id = v_run_id and r.tenant_id = v_tenant_id
  for update of d, r;
  if v_definition_id is null then
    return public.answer_with(p_context, v_tenant_id, '{"refused": "not_found"}', null);
  end if;
  v_now := clock_timestamp();

  -- 2. How does the queue stand, and may something follow from the end? End the overdue runs, if there are any: this one may be among them.
  select queue.is_due, queue.waits, v_is_followed
    or exists (select from public.triggers t where t.of_definition_id = v_definition_id)
    or exists (select from public.endpoints_with_turns(v_tenant_id))
    or p_status = 'FAILED' and public.has_children(v_run_id)
  into v_is_due, v_waits, v_is_followed
  from public.queue_state(v_tenant_id, v_definition_id, v_now) queue;
  if v_is_due then
    v_changed := v_changed || coalesce(public.end_overdue_runs(array[v_definition_id], v_now) -> 'runs', '[]');
    v_waits := true;
    select r.status, r.attempt, r.ended_by into v_status, v_attempt, v_ended_by
    from public.workflow_runs r
    where r.id = v_run_id;
  end if;

  -- 3. Record the result.
  if v_attempt <> v_token_attempt then
    v_answer := case
      when p_status = 'FAILED' and public.failure_was_reported(v_run_id, v_token_attempt) then '{"result": {"status": "FAILED"}}'
      else jsonb_build_object('refused', 'other_attempt', 'attempt', v_attempt)
    end;
  elsif public.next_status(v_status, v_event) is not null then
    if p_status = 'FAILED' then
      select a.stop_requested_at, a.stop_reason, a.stop_user_id into v_stop_requested_at, v_stop_reason, v_stop_user_id
      from public.running_attempts a
      where a.run_id = v_run_id;
    end if;
    if v_stop_requested_at is not null then
      perform public.record_ends(array[v_run_id], v_now, v_event, 'STOP', 'STOPPED', public.stopped_error(v_stop_reason),
        'STOPPED', jsonb_build_object('reason', v_stop_reason, 'user_id', v_stop_user_id, 'reported', true, 'error', p_error),
        p_output, p_summary, p_artifacts, not v_is_taken);
    elsif p_status = 'FAILED' then
      perform public.record_ends(array[v_run_id], v_now, v_event, 'CALLBACK', 'REPORTED', p_error,
        'FAILED', jsonb_build_object('error', p_error), p_output, p_summary, p_artifacts, not v_is_taken);
    else
      perform public.record_ends(array[v_run_id], v_now, v_event, 'CALLBACK', null, null,
        'COMPLETED', null, p_output, p_summary, p_artifacts, not v_is_taken);
    end if;
    v_may_retry := v_may_retry and v_stop_requested_at is null;
    v_changed := v_changed || case
      when v_is_followed or v_may_retry then public.follow_ends(
        array[v_run_id], case when v_may_retry then array[v_run_id] end, v_now, p_retry_after_seconds)
      else public.changed_run(v_tenant_id, v_run_id, v_definition_id, true, null)
    end;
    v_answer := jsonb_build_object('result', jsonb_build_object('status', p_status));
  elsif v_status = p_status and (v_ended_by = 'CALLBACK' or public.failure_was_reported(v_run_id, v_attempt)) then
    v_answer := jsonb_build_object('result', jsonb_build_object('status', p_status));
  else
    v_detail := jsonb_build_object('status', p_status, 'error', p_error);
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select v_tenant_id, v_run_id, v_attempt, 'LATE_RESULT', v_now, v_detail
    from public.workflow_run_events e
    where e.run_id = v_run_id and e.attempt = v_attempt and e.type = 'LATE_RESULT'
    having count(*) < c_max_late_results and count(*) filter (where e.detail = v_detail) = 0;
    if found then
      v_changed := v_changed || public.changed_runs(array[v_run_id]);
    end if;
    v_answer := jsonb_build_object('refused', 'ended', 'status', v_status, 'ended_by', v_ended_by);
  end if;

  -- 4. Promote the next run, if one waits.
  if v_waits and v_starts_runs then
    v_changed := v_changed || coalesce(public.promote_next_runs(p_context, array[v_definition_id], v_now), '[]');
  end if;
  return public.answer_with(p_context, v_tenant_id, v_answer, v_changed);
end $$;
