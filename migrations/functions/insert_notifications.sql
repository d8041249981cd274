-- The trigger `workflow_run_events_notify`, executed for each inserted event: it inserts a notification for each endpoint of
-- the tenant that has subscribed to the event.
--
-- Guarantees: each committed event is notified to all its subscribers, even when the run is deleted afterwards, since the
-- notification holds all that is sent. An event that is rolled back is notified to nobody. The trigger locks nothing of an
-- endpoint, so the verbs on runs never wait for one.
create or replace function public.insert_notifications() returns trigger
language plpgsql as $$
begin
  -- Checked first because it is cheap: these types are most of all events, and nobody can subscribe to them. Most tenants have
  -- no endpoint.
  if new.type not in ('TRIGGERED', 'QUEUED', 'DISPATCHED') and exists (
    select from public.notification_endpoints e where e.tenant_id = new.tenant_id and e.disabled_at is null) then
    insert into public.notifications (tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at)
    select new.tenant_id, e.id, new.id::text, public.event_name(new.type), new.at,
      case
        when new.run_id is null then new.detail
        when new.type = 'PAUSED' then jsonb_build_object(
          'workflow_definition_id', r.workflow_definition_id, 'run_id', new.run_id, 'attempt', new.attempt)
        else jsonb_build_object(
          'run_id', new.run_id, 'workflow_definition_id', r.workflow_definition_id, 'attempt', new.attempt,
          'status', r.status, 'failure_code', r.failure_code, 'created_at', public.wire_instant(r.created_at),
          'started_at', public.wire_instant(r.started_at), 'completed_at', public.wire_instant(r.completed_at))
          || case when r.traceparent is not null then jsonb_build_object('traceparent', r.traceparent) else '{}' end
          || case when new.type = 'LATE_RESULT'
            then jsonb_build_object('reported_status', new.detail -> 'status') else '{}' end
      end,
      date_trunc('milliseconds', statement_timestamp())
    from public.notification_endpoints e
    left join public.workflow_runs r on r.id = new.run_id
    where e.tenant_id = new.tenant_id and e.disabled_at is null and public.event_name(new.type) = any (e.event_types)
      and (e.workflow_definition_ids is null or new.run_id is null
        or r.workflow_definition_id = any (e.workflow_definition_ids));
  end if;
  return null;
end $$;
