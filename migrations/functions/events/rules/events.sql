-- The feed: the names of its events, and its epochs. `list_events` reads it.

-- The name of a type of event in the feed and in notifications. It is defined by `EVENT_NAMES` in src/db/enums.ts; a test
-- compares the two. A type that is missing here has no name, and no notifications.
create or replace function public.event_name(p_type text) returns text
language sql immutable as $$
  select case p_type
    when 'TRIGGERED' then 'workflow_run.triggered'
    when 'QUEUED' then 'workflow_run.queued'
    when 'STARTED' then 'workflow_run.started'
    when 'DISPATCHED' then 'workflow_run.dispatched'
    when 'DISPATCH_FAILED' then 'workflow_run.dispatch_failed'
    when 'DISPATCH_POSTPONED' then 'workflow_run.dispatch_postponed'
    when 'LEASED' then 'workflow_run.leased'
    when 'RELEASED' then 'workflow_run.released'
    when 'SUSPENDED' then 'workflow_run.suspended'
    when 'ANSWERED' then 'workflow_run.answered'
    when 'STOP_REQUESTED' then 'workflow_run.stop_requested'
    when 'STOP_SENT' then 'workflow_run.stop_sent'
    when 'STOP_ACKNOWLEDGED' then 'workflow_run.stop_acknowledged'
    when 'COMPLETED' then 'workflow_run.completed'
    when 'FAILED' then 'workflow_run.failed'
    when 'TIMED_OUT' then 'workflow_run.failed'
    when 'LOST' then 'workflow_run.failed'
    when 'STOPPED' then 'workflow_run.failed'
    when 'RETRIED' then 'workflow_run.retried'
    when 'LATE_RESULT' then 'workflow_run.late_result'
    when 'BATCH_ENDED' then 'run_batch.ended'
    when 'PAUSED' then 'workflow_definition.paused'
    when 'TRIGGER_SKIPPED' then 'trigger.skipped'
    when 'TRIGGER_MISSED' then 'trigger.missed'
    when 'TRIGGER_REFUSED' then 'trigger.refused'
    when 'TRIGGER_PAUSED' then 'trigger.paused'
    when 'ENDPOINT_DISABLED' then 'notification_endpoint.disabled'
  end
$$;

-- True for the types of events that end an attempt.
create or replace function public.is_end_event(p_type text) returns boolean
language sql immutable as $$
  select coalesce(public.event_name(p_type) in ('workflow_run.completed', 'workflow_run.failed'), false)
$$;

-- Begins a new epoch, and returns its number. Must be called once after a restore, before anything is written. The reason:
-- after a restore, transaction numbers are lower than those of the restored events and of events that readers of the feed have
-- already seen. New events also get ids that no event had, including the events that the restore has lost. It waits until no
-- transaction is writing events.
create or replace function public.raise_event_epoch() returns integer
language plpgsql as $$
declare
  v_epoch integer;
begin
  lock table public.workflow_run_events in access exclusive mode;
  update public.event_epoch e set epoch = e.epoch + 1 returning e.epoch into v_epoch;
  execute format('alter table public.workflow_run_events alter column epoch set default %s', v_epoch);
  perform setval('public.workflow_run_events_id_seq', nextval('public.workflow_run_events_id_seq') + 1000000000);
  return v_epoch;
end $$;

-- The definition of an event that is about a trigger, and not about a run. Null for any other event.
create or replace function public.definition_of_event(p_run_id uuid, p_detail jsonb) returns uuid
language sql immutable as $$
  select case when p_run_id is null then (p_detail ->> 'workflow_definition_id')::uuid end
$$;

-- An event in the form in which `/events` and the streams show it.
create or replace function public.event_response(e public.workflow_run_events) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'id', e.id, 'type', e.type, 'attempt', e.attempt, 'at', public.wire_instant(e.at), 'detail', e.detail)
$$;

-- The id of the last inserted event, of any transaction; 0 when there is none yet.
create or replace function public.last_event_id() returns bigint
language sql as $$
  select coalesce(pg_sequence_last_value('public.workflow_run_events_id_seq'), 0)
$$;
