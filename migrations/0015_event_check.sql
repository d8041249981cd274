-- The same for events. This is a migration of its own, so that no transaction locks both tables: readers lock them in another
-- order.
CREATE FUNCTION public.event_is_consistent(p_type text, p_run_id uuid, p_attempt integer) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
begin
  return true;
end $$;--> statement-breakpoint
ALTER TABLE "workflow_run_events"
  DROP CONSTRAINT "workflow_run_events_type_check",
  DROP CONSTRAINT "workflow_run_events_run_check",
  ADD CONSTRAINT "workflow_run_events_check" CHECK (public.event_is_consistent(type, run_id, attempt)) NOT VALID;--> statement-breakpoint
-- Notifications are inserted once for each statement instead of once for each event. The function stands here as a whole, since
-- the trigger must work from now on. `functions/` has it as it is today.
create or replace function public.notify_endpoints() returns trigger
language plpgsql as $$
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
          'workflow_definition_id', r.workflow_definition_id, 'run_id', event.run_id, 'attempt', event.attempt)
        else jsonb_build_object(
          'run_id', event.run_id, 'workflow_definition_id', r.workflow_definition_id, 'attempt', event.attempt,
          'status', r.status, 'failure_code', r.failure_code, 'created_at', public.wire_instant(r.created_at),
          'started_at', public.wire_instant(r.started_at), 'completed_at', public.wire_instant(r.completed_at))
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
      and (e.workflow_definition_ids is null or event.run_id is null
        or r.workflow_definition_id = any (e.workflow_definition_ids))
    order by event.id, e.created_at, e.id;
  end if;
  return null;
end $$;--> statement-breakpoint
DROP TRIGGER workflow_run_events_notify ON "workflow_run_events";--> statement-breakpoint
CREATE TRIGGER workflow_run_events_notify AFTER INSERT ON "workflow_run_events" REFERENCING NEW TABLE AS inserted
FOR EACH STATEMENT EXECUTE FUNCTION public.notify_endpoints();--> statement-breakpoint
DROP FUNCTION public.insert_notifications();
