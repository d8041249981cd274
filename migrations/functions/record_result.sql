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
-- Answers {"status", "dispatches"}, or {"refused", "dispatches"} where `refused` is one of: not_found, other_attempt (with
-- "attempt"), ended (with "status" and "ended_by")
create or replace function public.record_result(
  p_run_id uuid, p_tenant_id uuid, p_attempt integer, p_status text, p_error text,
  p_grace_seconds integer, p_dispatch_lease_seconds integer,
  p_output json default null, p_summary text default null, p_artifacts json default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  c_max_late_results constant integer := 10;
  v_now timestamptz;
  v_definition_id uuid;
  v_status text;
  v_attempt integer;
  v_ended_by text;
  v_dispatched_at timestamptz;
  v_dispatch_count integer;
  v_has_attempt boolean;
  v_stop_requested_at timestamptz;
  v_stop_reason text;
  v_stop_user_id uuid;
  v_is_stopped boolean;
  v_detail jsonb;
  v_answer jsonb;
begin
  -- 1. Lock the definition.
  v_definition_id := public.lock_definition_of_tenant_run(p_run_id, p_tenant_id);
  if v_definition_id is null then
    return '{"refused": "not_found", "dispatches": []}';
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one. Then lock the run and read it.
  perform public.end_overdue_runs(array[v_definition_id], v_now);
  select r.status, r.attempt, r.ended_by, r.dispatched_at, r.dispatch_count, a.run_id is not null, a.stop_requested_at,
    a.stop_reason, a.stop_user_id
  into v_status, v_attempt, v_ended_by, v_dispatched_at, v_dispatch_count, v_has_attempt, v_stop_requested_at,
    v_stop_reason, v_stop_user_id
  from public.workflow_runs r
  left join public.running_attempts a on a.run_id = r.id
  where r.id = p_run_id
  for update of r;
  v_is_stopped := p_status = 'FAILED' and v_stop_requested_at is not null;

  -- 3. Record the result.
  if v_status is null then
    v_answer := '{"refused": "not_found"}';
  elsif v_attempt <> p_attempt then
    v_answer := jsonb_build_object('refused', 'other_attempt', 'attempt', v_attempt);
  elsif public.next_status(v_status, case p_status when 'COMPLETED' then 'complete' else 'fail' end) is not null then
    update public.workflow_runs r
    set status = public.next_status(r.status, case p_status when 'COMPLETED' then 'complete' else 'fail' end),
      ended_by = case when v_is_stopped then 'STOP' else 'CALLBACK' end, next_dispatch_at = null, dispatched_at = coalesce(r.dispatched_at, v_now),
      error = case when v_is_stopped then public.stopped_error(v_stop_reason) when p_status = 'FAILED' then p_error end,
      failure_code = case when v_is_stopped then 'STOPPED' when p_status = 'FAILED' then 'REPORTED' end,
      output = p_output, summary = p_summary, artifacts = p_artifacts, completed_at = v_now, updated_at = v_now
    where r.id = p_run_id;
    if v_has_attempt then
      delete from public.running_attempts a where a.run_id = p_run_id;
    end if;
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select p_tenant_id, p_run_id, v_attempt, happened.type, v_now, happened.detail
    from (values
      (1, 'DISPATCHED', jsonb_build_object('tries', v_dispatch_count)),
      (2, case when v_is_stopped then 'STOPPED' else p_status end, case
        when v_is_stopped then jsonb_build_object(
          'reason', v_stop_reason, 'user_id', v_stop_user_id, 'reported', true, 'error', p_error,
          'failure_code', 'STOPPED')
        when p_status = 'FAILED' then jsonb_build_object('error', p_error, 'failure_code', 'REPORTED')
      end)
    ) happened (step, type, detail)
    where happened.step = 2 or v_dispatched_at is null
    order by happened.step;
    v_answer := jsonb_build_object('status', p_status);
  elsif v_status = p_status and (v_ended_by = 'CALLBACK' or exists (
    select from public.workflow_run_events e
    where e.run_id = p_run_id and e.attempt = v_attempt and e.type = 'STOPPED' and e.detail ? 'reported')) then
    v_answer := jsonb_build_object('status', p_status);
  else
    v_detail := jsonb_build_object('status', p_status, 'error', p_error);
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select p_tenant_id, p_run_id, v_attempt, 'LATE_RESULT', v_now, v_detail
    from public.workflow_run_events e
    where e.run_id = p_run_id and e.attempt = v_attempt and e.type = 'LATE_RESULT'
    having count(*) < c_max_late_results and count(*) filter (where e.detail = v_detail) = 0;
    v_answer := jsonb_build_object('refused', 'ended', 'status', v_status, 'ended_by', v_ended_by);
  end if;

  -- 4. Promote the next run.
  return v_answer || jsonb_build_object('dispatches',
    public.promote_next_runs(array[v_definition_id], v_now, p_grace_seconds, p_dispatch_lease_seconds));
end $$;
