-- The feed: the names of its events, and its epochs. `list_events` reads it.

-- The name of a type of event in the feed and in notifications. It is defined by `EVENT_NAMES` in src/db/enums.ts; a test
-- compares the two. A type that is missing here has no name, and no notifications. (A JSON object is searched sooner than a `case` of as
-- many names is prepared.)
create or replace function public.event_name(p_type text) returns text
language sql immutable as $$
  select jsonb '{
    "TRIGGERED": "workflow_run.triggered",
    "QUEUED": "workflow_run.queued",
    "PRIORITIZED": "workflow_run.prioritized",
    "STARTED": "workflow_run.started",
    "DISPATCHED": "workflow_run.dispatched",
    "DISPATCH_FAILED": "workflow_run.dispatch_failed",
    "DISPATCH_POSTPONED": "workflow_run.dispatch_postponed",
    "LEASED": "workflow_run.leased",
    "RELEASED": "workflow_run.released",
    "SUSPENDED": "workflow_run.suspended",
    "ANSWERED": "workflow_run.answered",
    "SIGNALLED": "workflow_run.signalled",
    "STOP_REQUESTED": "workflow_run.stop_requested",
    "STOP_SENT": "workflow_run.stop_sent",
    "STOP_ACKNOWLEDGED": "workflow_run.stop_acknowledged",
    "COMPLETED": "workflow_run.completed",
    "FAILED": "workflow_run.failed",
    "TIMED_OUT": "workflow_run.failed",
    "LOST": "workflow_run.failed",
    "STOPPED": "workflow_run.failed",
    "RETRIED": "workflow_run.retried",
    "LATE_RESULT": "workflow_run.late_result",
    "BATCH_ENDED": "run_batch.ended",
    "PAUSED": "workflow_definition.paused",
    "TRIGGER_SKIPPED": "trigger.skipped",
    "TRIGGER_MISSED": "trigger.missed",
    "TRIGGER_REFUSED": "trigger.refused",
    "TRIGGER_PAUSED": "trigger.paused",
    "ENDPOINT_DISABLED": "notification_endpoint.disabled"
  }' ->> p_type
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
  -- In the order of `notice_new_events`.
  perform from public.event_epoch for update;
  lock table public.workflow_run_events in access exclusive mode;
  update public.event_epoch e set epoch = e.epoch + 1, seen_xid = '0' returning e.epoch into v_epoch;
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
