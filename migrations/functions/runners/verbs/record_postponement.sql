-- Records why a dispatch failed, and when it will be retried: see `dispatch_delay_seconds`. `p_retry_after_seconds` is the least pause
-- that the runner asked for, or null. Changes nothing when the run has ended or has a newer attempt.
--
-- Guarantees: the new time is recorded together with its event, or not at all.
-- Closes the race with a verb that ends the run: it locks the row before it reads the clock.
--
-- Answers {"result": {"postponed": true or false}}.
create or replace function public.record_postponement(
  p_context jsonb, p_run_id uuid, p_tenant_id uuid, p_attempt integer, p_reason text, p_retry_after_seconds float8
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz;
begin
  perform r.id from public.workflow_runs r where r.id = p_run_id and r.tenant_id = p_tenant_id for update;
  v_now := clock_timestamp();
  with postponed as (
    update public.workflow_runs r
    set dispatch_error = p_reason, next_dispatch_at = greatest(
      v_now + make_interval(secs => public.dispatch_delay_seconds(r.dispatch_count, random())),
      v_now + make_interval(secs => p_retry_after_seconds),
      -- A run that is being stopped is not dispatched again.
      (select a.stop_ends_at from public.running_attempts a where a.run_id = r.id))
    where r.id = p_run_id and r.tenant_id = p_tenant_id and r.attempt = p_attempt
      and r.next_dispatch_at is not null and public.run_ends_at(r.id, r.status, r.deadline_at) > v_now
    returning r.tenant_id, r.id, r.attempt, r.dispatch_count, r.next_dispatch_at
  )
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select tenant_id, id, attempt, 'DISPATCH_FAILED', v_now, jsonb_build_object(
    'reason', p_reason, 'tries', dispatch_count, 'next_try_at', public.wire_instant(next_dispatch_at))
  from postponed;
  return public.answer_of(p_context, p_tenant_id, jsonb_build_object('result', jsonb_build_object('postponed', found)));
end $$;
