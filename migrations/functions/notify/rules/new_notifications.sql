-- Who is notified of an event. Two places insert notifications, both by `insert_notifications`:
-- - `notify_endpoints`, the function of the trigger `workflow_run_events_notify`, executed for each statement that inserts events, which are
--   in `inserted`
-- - `note_turns`, for the endpoints that are sent only the turns of a workflow, and not each end of a run
--
-- Guarantees: each committed event is notified to all its subscribers, even when the run is deleted afterwards, since the
-- notification holds all that is sent. An event that is rolled back is notified to nobody. Nothing of an endpoint is locked, so the
-- verbs on runs never wait for one.
--
-- Two names are alike: `notify_endpoints` is this trigger's function, which inserts the notifications of new events. `notification_endpoints`
-- is the table of the endpoints, whose rows say who is notified.
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
    -- Nobody can subscribe to these types, which are most of all events.
    perform public.insert_notifications(array(
      select event.id from inserted event where event.type not in ('TRIGGERED', 'QUEUED', 'DISPATCHED')));
  end if;
  return null;
end $$;

-- Inserts a notification of each event for each endpoint of its tenant that has subscribed to it. With `p_turn`, the events are the ends
-- of runs that are this turn, and only endpoints that have asked for this turn are notified. Without it, endpoints that have asked for
-- turns are not notified of the ends of runs.
create or replace function public.insert_notifications(p_event_ids bigint[], p_turn text default null) returns void
language plpgsql as $$
begin
  insert into public.notifications (tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at)
  select event.tenant_id, e.id, event.id::text, public.event_name(event.type), event.at,
    public.notification_data(event.run_id, event.attempt, event.type, event.at, event.detail)
      || case when e.format <> 'standard' then public.who_triggered(event.run_id) else '{}' end
      || case when p_turn is not null then jsonb_build_object('turn', p_turn) else '{}' end,
    date_trunc('milliseconds', statement_timestamp())
  from public.workflow_run_events event
  join public.notification_endpoints e
    on e.tenant_id = event.tenant_id and e.disabled_at is null and public.event_name(event.type) = any (e.event_types)
  where event.id = any (p_event_ids)
    and case
      when p_turn is not null then p_turn = any (e.turns)
      else e.turns is null or not public.is_end_event(event.type)
    end
    -- An endpoint that asks for this event is told of every other endpoint, whatever its filters.
    and (event.type = 'ENDPOINT_DISABLED'
      or public.is_heard(e.workflow_definition_ids, e.labels, event.run_id, event.detail))
  order by event.id, e.created_at, e.id;
end $$;

-- True when an endpoint with these filters is notified of an event. A null filter lets all events pass. An event that is not about a run
-- has no labels, so a filter by labels never lets it pass.
create or replace function public.is_heard(p_definition_ids uuid[], p_labels text[], p_run_id uuid, p_detail jsonb) returns boolean
language plpgsql stable as $$
begin
  return (p_definition_ids is null or coalesce(
      (select r.workflow_definition_id from public.workflow_runs r where r.id = p_run_id),
      public.definition_of_event(p_run_id, p_detail)) = any (p_definition_ids))
    and (p_labels is null or (p_run_id is not null and public.has_labels(p_run_id, p_labels)));
end $$;

-- The field `data` of what is sent, without the links.
create or replace function public.notification_data(p_run_id uuid, p_attempt integer, p_type text, p_at timestamptz, p_detail jsonb)
returns jsonb
language plpgsql stable as $$
declare
  -- Each notification of a run has a copy of its error. In characters.
  c_max_error constant integer := 2000;
begin
  if p_run_id is null then
    return p_detail;
  end if;
  return (
    select case p_type
      when 'PAUSED' then about.run || jsonb_build_object('run_id', r.id, 'attempt', p_attempt)
      when 'BATCH_ENDED' then p_detail || about.run || jsonb_build_object('ended_at', public.wire_instant(p_at))
      else about.run || jsonb_build_object(
          'run_id', r.id, 'attempt', p_attempt, 'status', r.status, 'failure_code', r.failure_code,
          'error', left(r.error, c_max_error), 'created_at', public.wire_instant(r.created_at),
          'started_at', public.wire_instant(r.started_at), 'completed_at', public.wire_instant(r.completed_at),
          'labels', public.labels_of(r.id))
        || case when r.traceparent is not null then jsonb_build_object('traceparent', r.traceparent) else '{}' end
        || case when p_type = 'LATE_RESULT' then jsonb_build_object('reported_status', p_detail -> 'status') else '{}' end
        || case when p_type = 'SUSPENDED' then jsonb_build_object('suspension', p_detail) else '{}' end
    end
    from public.workflow_runs r
    cross join lateral (
      select jsonb_build_object(
        'workflow_definition_id', r.workflow_definition_id, 'workflow_name', r.run_snapshot ->> 'workflow_name') as run
    ) about
    where r.id = p_run_id);
end $$;

-- Who has triggered a run, by name, for people in a chat: {"triggered_by": {"trigger"} or {"user"}}. {} for what is not a run.
create or replace function public.who_triggered(p_run_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return coalesce((
    select jsonb_build_object('triggered_by', case
      when r.triggered_by is not null then jsonb_build_object('trigger', r.triggered_by -> 'trigger_name')
      else jsonb_build_object('user', public.audited_user(r.user_id) -> 'name')
    end)
    from public.workflow_runs r
    where r.id = p_run_id), '{}');
end $$;
