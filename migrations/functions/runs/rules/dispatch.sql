-- What runners with a URL are sent: dispatches, and webhooks of stops.

-- How long a Worker may hold what it has claimed in order to send it: a dispatch, a stop, or a notification. It is longer than
-- sending and recording may take, so two Workers never send the same at the same time.
create or replace function public.claim_time() returns interval
language sql immutable as $$
  select interval '60 seconds'
$$;

-- Until when the Worker that asks claims what it sends. Without a claim, it is due at once.
create or replace function public.claimed_until(p_context jsonb, p_now timestamptz) returns timestamptz
language sql stable as $$
  select p_now + case when (p_context ->> 'sends')::boolean then public.claim_time() else interval '0' end
$$;

-- All data needed to dispatch a run. `runner_url` and `webhook_secret_encrypted` are null when the definition no longer has a
-- runner. `runner` is equal for all dispatches of a tenant to the same server. `input` is JSON as text, since `jsonb` would
-- change how its numbers are written. Instants are RFC 3339.
create or replace function public.dispatch_of(p_run_id uuid, p_now timestamptz) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object(
      'run_id', r.id, 'tenant_id', r.tenant_id, 'workflow_definition_id', r.workflow_definition_id,
      'attempt', r.attempt, 'dispatch_count', r.dispatch_count, 'deadline_at', public.wire_instant(r.deadline_at),
      'run_snapshot', r.run_snapshot, 'input', r.input::text, 'traceparent', r.traceparent, 'labels', labelled.labels,
      'resume', case when r.attempt > 1 then public.resume_of(r.id, r.attempt) end,
      'scheduled_at', r.triggered_by -> 'scheduled_at', 'previous_scheduled_at', r.triggered_by -> 'previous_scheduled_at',
      'runner_url', d.runner_url,
      'webhook_secret_encrypted', d.webhook_secret_encrypted, 'runner', public.runner_of(d.tenant_id, d.runner_url),
      'claimed_at', public.wire_instant(p_now))
    from public.workflow_runs r
    join public.workflow_definitions d on d.id = r.workflow_definition_id
    cross join public.run_labels(p_run_id) labelled
    where r.id = p_run_id);
end $$;

-- When the runner of a run was last heard of by what the run's row says: when it took the run, or said how it ended.
create or replace function public.heard_of_runner_at(r public.workflow_runs) returns timestamptz
language sql immutable as $$
  select greatest(r.dispatched_at, case when r.ended_by = 'CALLBACK' then r.completed_at end)
$$;

-- Scheme, host and port of a runner's URL. The rest is left out, since it may contain a secret.
create or replace function public.runner_origin(p_url text) returns text
language sql immutable as $$
  select coalesce(substring(p_url from '^[^:]+://[^/?#]+'), '')
$$;

-- Identifies a runner of one tenant. Two tenants with the same server have different runners here, so that a server that is
-- slow for one tenant does not delay the runs of the other.
create or replace function public.runner_of(p_tenant_id uuid, p_url text) returns text
language sql immutable as $$
  select p_tenant_id::text || ' ' || public.runner_origin(p_url)
$$;

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

-- True when the webhook of a stop is due, and not set aside: of this tenant, or of any tenant when `p_tenant_id` is null.
create or replace function public.has_due_stops(p_tenant_id uuid, p_now timestamptz) returns boolean
language plpgsql stable as $$
begin
  return exists (
    select from public.running_attempts a
    where a.next_stop_dispatch_at <= p_now and a.ends_at > p_now and (p_tenant_id is null or a.tenant_id = p_tenant_id)
      and (select true from public.set_aside s
        where s.step = 'stops' and s.row_id in (a.run_id, p_tenant_id) and s.until > p_now limit 1) is null);
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
