-- The trigger `workflow_run_events_notify`, executed for each statement that inserts events, which are in `inserted`: it inserts a
-- notification of each event for each endpoint of the tenant that has subscribed to it.
--
-- Guarantees: each committed event is notified to all its subscribers, even when the run is deleted afterwards, since the
-- notification holds all that is sent. An event that is rolled back is notified to nobody. The trigger locks nothing of an
-- endpoint, so the verbs on runs never wait for one.
create or replace function public.notify_endpoints() returns trigger
language plpgsql as $$
declare
  -- Each notification of a run has a copy of its error. In characters.
  c_max_error constant integer := 2000;
begin
  -- Checked first because it is cheap: most tenants have no endpoint.
  if exists (
    select
    from inserted
    cross join lateral (
      select from public.notification_endpoints e
      where e.tenant_id = inserted.tenant_id and e.disabled_at is null
      limit 1
    ) endpoint) then
    insert into public.notifications (tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at)
    select event.tenant_id, e.id, event.id::text, public.event_name(event.type), event.at,
      case
        when event.run_id is null then event.detail
        when event.type = 'PAUSED' then jsonb_build_object(
          'workflow_definition_id', r.workflow_definition_id, 'workflow_name', r.run_snapshot ->> 'workflow_name',
          'run_id', event.run_id, 'attempt', event.attempt)
        when event.type = 'BATCH_ENDED' then event.detail || jsonb_build_object(
          'workflow_definition_id', r.workflow_definition_id, 'workflow_name', r.run_snapshot ->> 'workflow_name',
          'ended_at', public.wire_instant(event.at))
        else jsonb_build_object(
          'run_id', event.run_id, 'workflow_definition_id', r.workflow_definition_id,
          'workflow_name', r.run_snapshot ->> 'workflow_name', 'attempt', event.attempt,
          'status', r.status, 'failure_code', r.failure_code, 'error', left(r.error, c_max_error), 'created_at', public.wire_instant(r.created_at),
          'started_at', public.wire_instant(r.started_at), 'completed_at', public.wire_instant(r.completed_at),
          'labels', public.labels_of(event.run_id))
          || case when r.traceparent is not null then jsonb_build_object('traceparent', r.traceparent) else '{}' end
          || case when event.type = 'LATE_RESULT'
            then jsonb_build_object('reported_status', event.detail -> 'status') else '{}' end
      end,
      date_trunc('milliseconds', statement_timestamp())
    from inserted event
    join public.notification_endpoints e
      on e.tenant_id = event.tenant_id and e.disabled_at is null and public.event_name(event.type) = any (e.event_types)
    left join lateral (
      select r.* from public.workflow_runs r where r.id = event.run_id limit 1
    ) r on true
    -- Nobody can subscribe to these types, which are most of all events.
    where event.type not in ('TRIGGERED', 'QUEUED', 'DISPATCHED')
      and (e.workflow_definition_ids is null or event.type = 'ENDPOINT_DISABLED'
        or coalesce(r.workflow_definition_id, public.definition_of_event(event.run_id, event.detail))
          = any (e.workflow_definition_ids))
    order by event.id, e.created_at, e.id;
  end if;
  return null;
end $$;
