-- Stops a PENDING or RUNNING run on behalf of the caller. With `p_stop_seconds`, its runner gets that many seconds to end its
-- work: until then, or until the run's deadline or the end of its lease, the run stays RUNNING and keeps its slot. Without, the
-- run fails at once. A run also fails at once when no runner could learn of the stop: it is PENDING, it was not sent to a
-- runner yet, or its definition no longer has a runner.
--
-- Guarantees:
-- - In one transaction the run ends and the next run gets its slot.
-- - A second stop can only shorten the time of the first one.
-- - A run that is being stopped is not dispatched again, and is not retried automatically.
--
-- Closes the race with a callback, a sweep or a second stop: all of them hold the definition's lock.
--
-- Answers {"tenant_id", "dispatches", and either "run", "stopped" and "stopping", or "refused"} (see `judge_run_change`):
-- - stopped: the data to notify the runner of a run that has ended: {"run_id", "attempt", "workflow_definition_id",
--   "runner_url", "webhook_secret_encrypted", "stopped_at"}; null when the run continues, or when it was not sent to a URL
-- - stopping: the webhook of a stop with grace, which the caller must send: see `stop_dispatch_of`; null when there is none
create or replace function public.stop_run(
  p_credential jsonb, p_run_id uuid, p_reason text, p_stop_seconds integer,
  p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_definition_id uuid;
  v_now timestamptz;
  v_judged jsonb;
  v_answer jsonb;
  v_has_webhook boolean;
  v_has_lease boolean;
  v_ends_at timestamptz;
  v_ended_before timestamptz;
  v_reason text;
  v_stopped jsonb;
  v_stopping jsonb;
  v_dispatches jsonb;
begin
  -- 1. Lock the definition, then the run.
  v_definition_id := public.lock_definition_of_run(p_credential, p_run_id);
  perform r.id from public.workflow_runs r where r.id = p_run_id and r.workflow_definition_id = v_definition_id for update;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[v_definition_id], v_now);

  v_judged := public.judge_run_change(p_credential, p_run_id, 'stop');
  v_answer := v_judged - '{user_id,role}'::text[];
  if not v_judged ? 'refused' then
    -- 3. How can the runner learn of the stop, and how much time does it get?
    select
      r.status = 'RUNNING' and d.runner_url is not null and a.lease_request_id is null
        and (r.dispatch_count > 0 or r.dispatched_at is not null),
      r.status = 'RUNNING' and a.lease_expires_at is not null,
      least(v_now + make_interval(secs => p_stop_seconds), a.stop_ends_at, r.deadline_at), a.stop_ends_at,
      coalesce(p_reason, a.stop_reason)
    into v_has_webhook, v_has_lease, v_ends_at, v_ended_before, v_reason
    from public.workflow_runs r
    join public.workflow_definitions d on d.id = r.workflow_definition_id
    left join public.running_attempts a on a.run_id = r.id
    where r.id = p_run_id;

    if p_stop_seconds = 0 or not (v_has_webhook or v_has_lease) then
      -- 4. Fail the run.
      if v_has_webhook then
        select jsonb_build_object('run_id', r.id, 'attempt', r.attempt, 'workflow_definition_id', d.id,
          'runner_url', d.runner_url, 'webhook_secret_encrypted', d.webhook_secret_encrypted,
          'stopped_at', public.wire_instant(v_now))
        into v_stopped
        from public.workflow_runs r
        join public.workflow_definitions d on d.id = r.workflow_definition_id
        where r.id = p_run_id;
      end if;
      with stopped as (
        update public.workflow_runs r
        set status = public.next_status(r.status, 'stop'), ended_by = 'STOP', failure_code = 'STOPPED',
          next_dispatch_at = null, not_before = null, error = public.stopped_error(v_reason), completed_at = v_now,
          updated_at = v_now
        where r.id = p_run_id
        returning r.tenant_id, r.id, r.attempt
      ), forgotten as (
        delete from public.running_attempts a using stopped where a.run_id = stopped.id
      )
      insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
      select tenant_id, id, attempt, 'STOPPED', v_now,
        jsonb_build_object('reason', v_reason, 'user_id', v_judged ->> 'user_id', 'failure_code', 'STOPPED')
      from stopped;
    elsif v_ends_at is distinct from v_ended_before then
      -- 5. Ask its runner to stop. The webhook is claimed with a lease, like a dispatch: if this Worker does not send it, the
      --    sweep does.
      insert into public.running_attempts as a (run_id, tenant_id, attempt, stop_requested_at, stop_ends_at, stop_user_id,
        stop_reason, next_stop_dispatch_at, stop_dispatch_count)
      select r.id, r.tenant_id, r.attempt, v_now, v_ends_at, (v_judged ->> 'user_id')::uuid, v_reason,
        case when v_has_webhook then v_now + make_interval(secs => p_dispatch_lease_seconds) end,
        case when v_has_webhook then 1 else 0 end
      from public.workflow_runs r
      where r.id = p_run_id
      on conflict (run_id) do update
      set stop_requested_at = coalesce(a.stop_requested_at, excluded.stop_requested_at),
        stop_user_id = excluded.stop_user_id, stop_reason = excluded.stop_reason,
        stop_ends_at = excluded.stop_ends_at, next_stop_dispatch_at = excluded.next_stop_dispatch_at,
        stop_dispatch_count = excluded.stop_dispatch_count;
      -- Its dispatch is not retried: the run will have ended before that.
      update public.workflow_runs r
      set next_dispatch_at = v_ends_at
      where r.id = p_run_id and r.next_dispatch_at is not null;
      insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
      select a.tenant_id, a.run_id, a.attempt, 'STOP_REQUESTED', v_now, jsonb_build_object(
        'reason', v_reason, 'user_id', v_judged ->> 'user_id', 'ends_at', public.wire_instant(a.stop_ends_at))
      from public.running_attempts a
      where a.run_id = p_run_id;
      if v_has_webhook then
        v_stopping := public.stop_dispatch_of(p_run_id, v_now);
      end if;
    end if;
  end if;

  -- 6. Promote the next run, then read the run for the answer.
  v_dispatches := public.promote_next_runs(
    array[v_definition_id], v_now, p_grace_seconds, p_dispatch_lease_seconds);
  if not v_judged ? 'refused' then
    v_answer := v_answer || jsonb_build_object(
      'stopped', v_stopped, 'stopping', v_stopping, 'run', public.run_response(p_run_id, v_now));
  end if;
  return v_answer || jsonb_build_object('dispatches', v_dispatches);
end $$;
