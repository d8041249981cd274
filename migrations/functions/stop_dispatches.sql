-- The webhooks `workflow_run.stopping`, which ask runners to stop a run within some time. They are claimed with a lease and
-- retried, like dispatches.

-- All data needed to ask a runner to stop a run. `ends_at` is when the run ends at the latest.
create or replace function public.stop_dispatch_of(p_run_id uuid, p_now timestamptz) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object(
      'run_id', r.id, 'tenant_id', r.tenant_id, 'workflow_definition_id', r.workflow_definition_id, 'attempt', r.attempt,
      'stop_dispatch_count', a.stop_dispatch_count, 'reason', a.stop_reason,
      'ends_at', public.wire_instant(a.stop_ends_at), 'runner_url', d.runner_url,
      'webhook_secret_encrypted', d.webhook_secret_encrypted, 'claimed_at', public.wire_instant(p_now))
    from public.workflow_runs r
    join public.running_attempts a on a.run_id = r.id
    join public.workflow_definitions d on d.id = r.workflow_definition_id
    where r.id = p_run_id);
end $$;

-- True when the webhook of a stop is due: of this tenant, or of any tenant when `p_tenant_id` is null.
create or replace function public.has_due_stops(p_tenant_id uuid, p_now timestamptz) returns boolean
language plpgsql stable as $$
begin
  return exists (
    select from public.running_attempts a
    where a.next_stop_dispatch_at <= p_now and a.ends_at > p_now and (p_tenant_id is null or a.tenant_id = p_tenant_id));
end $$;

-- Claims up to `p_limit` due webhooks of stops with a lease; those that have been due longest come first. With a `p_tenant_id`,
-- only that tenant's are claimed.
--
-- Guarantees: a due webhook is claimed by one caller at a time, and is due again when that caller dies.
-- Closes the race between two sweeps: each skips the rows that the other has locked.
--
-- Answers {"stops": [in the form of `stop_dispatch_of`]}.
create or replace function public.claim_stop_dispatches(
  p_tenant_id uuid, p_limit integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz := clock_timestamp();
  v_run_ids uuid[];
begin
  with held as (
    select a.run_id
    from public.running_attempts a
    where a.next_stop_dispatch_at <= v_now and a.ends_at > v_now and (p_tenant_id is null or a.tenant_id = p_tenant_id)
    order by a.next_stop_dispatch_at
    limit p_limit
    for update skip locked
  ), claimed as (
    update public.running_attempts a
    set next_stop_dispatch_at = v_now + make_interval(secs => p_dispatch_lease_seconds),
      stop_dispatch_count = a.stop_dispatch_count + 1
    from held
    where a.run_id = held.run_id
    returning a.run_id
  )
  select array_agg(run_id) into v_run_ids from claimed;
  return jsonb_build_object('stops', coalesce((
    select jsonb_agg(public.stop_dispatch_of(claimed.run_id, v_now)) from unnest(v_run_ids) claimed (run_id)), '[]'));
end $$;

-- Records the outcome of a stop's webhook: that its runner accepted it (`p_status` is the HTTP status), or why it did not
-- (`p_reason`) and in how many seconds it is retried; null for never. `p_ends_at` is that of the webhook: if a second stop has
-- shortened the time meanwhile, its own webhook must still be sent. Changes nothing when the run has ended or has a newer
-- attempt.
--
-- Guarantees: the outcome is recorded together with its events, or not at all. The first proof that the runner knows of the
-- stop records STOP_ACKNOWLEDGED, once.
-- Closes the race with a verb that ends the run, and with a heartbeat: it locks the run's row before it reads the clock.
create or replace function public.record_stop_dispatch(
  p_run_id uuid, p_tenant_id uuid, p_attempt integer, p_ends_at timestamptz, p_status integer, p_reason text,
  p_delay_seconds float8
) returns void
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz;
begin
  perform r.id from public.workflow_runs r where r.id = p_run_id and r.tenant_id = p_tenant_id for update;
  v_now := clock_timestamp();
  with sent as (
    update public.running_attempts a
    set next_stop_dispatch_at = case
        when a.stop_ends_at = p_ends_at then v_now + make_interval(secs => p_delay_seconds)
        else a.next_stop_dispatch_at
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
end $$;

-- Returns what a runner must be told of a stop of its RUNNING run, {"reason", "ends_at"}, or null when nobody has asked for
-- one. Also records, once, that the runner learns of it now. `p_by` is how: by the webhook, or by the answer to a heartbeat.
-- The caller must hold the lock of the definition or of the run, and must have checked that the run is at this attempt and has
-- not ended.
create or replace function public.acknowledge_stop(p_run_id uuid, p_now timestamptz, p_by text) returns jsonb
language plpgsql as $$
begin
  with acknowledged as (
    update public.running_attempts a
    set stop_acknowledged_at = p_now
    where a.run_id = p_run_id and a.stop_requested_at is not null and a.stop_acknowledged_at is null
    returning a.tenant_id, a.run_id, a.attempt
  )
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select tenant_id, run_id, attempt, 'STOP_ACKNOWLEDGED', p_now, jsonb_build_object('by', p_by) from acknowledged;
  return (
    select jsonb_build_object('reason', a.stop_reason, 'ends_at', public.wire_instant(a.stop_ends_at))
    from public.running_attempts a
    where a.run_id = p_run_id and a.stop_requested_at is not null);
end $$;
