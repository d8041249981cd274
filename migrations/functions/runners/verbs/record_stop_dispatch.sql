-- Records the outcome of a stop's webhook: that its runner accepted it (`p_status` is the HTTP status), or why it did not
-- (`p_reason`) and whether it is retried (see `stop_delay_seconds`). `p_ends_at` is that of the webhook: if a second stop has
-- shortened the time meanwhile, its own webhook must still be sent. Changes nothing when the run has ended or has a newer
-- attempt.
--
-- Guarantees: the outcome is recorded together with its events, or not at all. The first proof that the runner knows of the
-- stop records STOP_ACKNOWLEDGED, once.
-- Closes the race with a verb that ends the run, and with a heartbeat: it locks the run's row before it reads the clock.
--
-- Answers {"result": {}}.
create or replace function public.record_stop_dispatch(
  p_context jsonb, p_run_id uuid, p_tenant_id uuid, p_attempt integer, p_ends_at timestamptz, p_status integer, p_reason text,
  p_is_retried boolean
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz;
begin
  perform r.id from public.workflow_runs r where r.id = p_run_id and r.tenant_id = p_tenant_id for update;
  v_now := clock_timestamp();
  with sent as (
    update public.running_attempts a
    set next_stop_dispatch_at = case
        when a.stop_ends_at <> p_ends_at then a.next_stop_dispatch_at
        when p_is_retried then v_now + make_interval(secs => public.stop_delay_seconds(a.stop_dispatch_count, random()))
      end
    where a.run_id = p_run_id and a.tenant_id = p_tenant_id and a.attempt = p_attempt
      and a.stop_requested_at is not null and a.ends_at > v_now
    returning a.tenant_id, a.run_id, a.attempt, a.stop_dispatch_count, a.next_stop_dispatch_at
  )
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select tenant_id, run_id, attempt, 'STOP_SENT', v_now,
    jsonb_build_object('tries', stop_dispatch_count) || case
      when p_status is not null then jsonb_build_object('status', p_status)
      else jsonb_build_object('reason', p_reason, 'next_try_at', public.wire_instant(next_stop_dispatch_at))
    end
  from sent;
  if found and p_status is not null then
    perform public.acknowledge_stop(p_run_id, v_now, 'webhook');
  end if;
  return public.answer_of(p_context, p_tenant_id, '{"result": {}}');
end $$;
