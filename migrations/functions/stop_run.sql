-- Fails a PENDING or RUNNING run because the caller asks for it, and starts the next run of the queue.
--
-- Guarantees: in one transaction the run ends and the next run gets its slot.
-- Closes the race with a callback, a sweep or a second stop: all of them hold the definition's lock.
--
-- Answers {"tenant_id", "dispatches", and either "run" and "stopped", or "refused"} (see `judge_run_change`). `stopped`
-- has what is needed to notify the runner: {"run_id", "attempt", "workflow_definition_id", "runner_url", "webhook_secret_encrypted",
-- "stopped_at"}. It is null when the run was PENDING or the definition has no runner any more.
create or replace function public.stop_run(
  p_credential jsonb, p_run_id uuid, p_reason text, p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_definition_id uuid;
  v_now timestamptz;
  v_judged jsonb;
  v_answer jsonb;
  v_stopped jsonb;
  v_dispatches jsonb;
begin
  -- 1. Lock the definition.
  v_definition_id := public.lock_definition_of_run(p_credential, p_run_id);
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[v_definition_id], v_now);

  -- 3. Stop the run.
  v_judged := public.judge_run_change(p_credential, p_run_id, 'stop');
  v_answer := v_judged - '{user_id,role}'::text[];
  if not v_judged ? 'refused' then
    select jsonb_build_object('run_id', r.id, 'attempt', r.attempt, 'workflow_definition_id', d.id,
      'runner_url', d.runner_url, 'webhook_secret_encrypted', d.webhook_secret_encrypted,
      'stopped_at', public.wire_instant(v_now))
    into v_stopped
    from public.workflow_runs r
    join public.workflow_definitions d on d.id = r.workflow_definition_id
    where r.id = p_run_id and r.status = 'RUNNING' and d.runner_url is not null;
    with stopped as (
      update public.workflow_runs r
      set status = public.next_status(r.status, 'stop'), ended_by = 'STOP', failure_code = 'STOPPED', next_dispatch_at = null,
        not_before = null, error = coalesce('Stopped: ' || p_reason, 'Stopped.'), completed_at = v_now, updated_at = v_now
      where r.id = p_run_id
      returning r.tenant_id, r.id, r.attempt
    ), forgotten as (
      delete from public.running_attempts a using stopped where a.run_id = stopped.id
    )
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select tenant_id, id, attempt, 'STOPPED', v_now,
      jsonb_build_object('reason', p_reason, 'user_id', v_judged ->> 'user_id', 'failure_code', 'STOPPED')
    from stopped;
  end if;

  -- 4. Promote the next run, then read the run for the answer.
  v_dispatches := public.promote_next_runs(
    array[v_definition_id], v_now, p_grace_seconds, p_dispatch_lease_seconds);
  if not v_judged ? 'refused' then
    v_answer := v_answer || jsonb_build_object('stopped', v_stopped, 'run', public.run_response(p_run_id, v_now));
  end if;
  return v_answer || jsonb_build_object('dispatches', v_dispatches);
end $$;
