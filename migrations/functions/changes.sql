-- What a verb has changed: for listeners, and for the alarm of the hub. A verb that changes a run inserts an event in the same
-- transaction, so the events of a transaction say which runs it has changed. Therefore verbs keep no list of their changes: the
-- statement that calls a verb calls `last_event_id` before it and `changes_after` after it.
--
-- Two changes have no event, so `changes_after` does not find them:
-- - a heartbeat: the Worker that records it tells the hub when the lease ends.
-- - a claim of a dispatch: the Worker that claimed it may die before it sends it. So `sweep_tenant` answers that something is due
--   again in 30 seconds.

-- The id of the last inserted event, of any transaction; 0 when there is none yet.
create or replace function public.last_event_id() returns bigint
language plpgsql as $$
begin
  return (select case when s.is_called then s.last_value else 0 end from public.workflow_run_events_id_seq s);
end $$;

-- The runs that this transaction has changed since an id of `last_event_id`, by tenant: [{"tenant_id", "due_in_ms":
-- milliseconds until something of these runs, or a notification of the tenant, is due; null when nothing is, "endpoint_ids": see
-- `due_endpoints`, "runs": [{"run_id", "workflow_definition_id", "has_ended"}], "work": see `lease_work`}]. An event without a
-- run counts as a change of an unknown run, so that listeners to the whole tenant hear of it. Events of other transactions may
-- have ids in between. `xmin` is the transaction that inserted a row.
create or replace function public.changes_after(p_event_id bigint) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- With an upper bound, the planner expects a short range of ids. Without it, the planner might read the whole table.
  c_most_new_events constant bigint := 1000000000;
  v_xid constant xid := pg_current_xact_id_if_assigned()::xid;
  v_since constant timestamptz := date_trunc('milliseconds', statement_timestamp());
  v_changed record;
  v_tenant_id uuid;
  v_due_at timestamptz;
  v_runs jsonb[];
  v_definition_ids uuid[];
  v_changes jsonb := '[]';
begin
  if v_xid is null then
    -- Nothing was written.
    return v_changes;
  end if;
  for v_changed in
    select changed.tenant_id, run.id, run.workflow_definition_id, run.status, run.due_at
    from (
      select distinct e.tenant_id, e.run_id
      from public.workflow_run_events e
      where e.id > p_event_id and e.id <= p_event_id + c_most_new_events and e.xmin = v_xid
    ) changed
    left join lateral public.run_with_due(changed.run_id) run on true
    order by changed.tenant_id
  loop
    if v_tenant_id is distinct from v_changed.tenant_id then
      if v_tenant_id is not null then
        v_changes := v_changes || public.change_of_tenant(v_tenant_id, v_due_at, v_runs, v_definition_ids);
      end if;
      v_tenant_id := v_changed.tenant_id;
      v_due_at := null;
      v_runs := '{}';
      v_definition_ids := '{}';
    end if;
    v_due_at := least(v_due_at, v_changed.due_at);
    v_runs := v_runs || jsonb_build_object(
      'run_id', coalesce(v_changed.id, v_tenant_id),
      'workflow_definition_id', coalesce(v_changed.workflow_definition_id, v_tenant_id),
      'has_ended', coalesce(v_changed.status in ('COMPLETED', 'FAILED'), false));
    v_definition_ids := v_definition_ids || v_changed.workflow_definition_id;
  end loop;
  if v_tenant_id is not null then
    return v_changes || public.change_of_tenant(v_tenant_id, v_due_at, v_runs, v_definition_ids);
  end if;
  -- No events were found. If a verb has ended an overdue run and then deleted it, the events of the run were deleted, too. The
  -- notifications of its end are still there and have to be sent.
  return (
    select coalesce(jsonb_agg(public.change_of_tenant(notified.tenant_id, null, '{}', '{}')), '[]')
    from (
      select distinct n.tenant_id from public.notifications n where n.created_at >= v_since and n.xmin = v_xid
    ) notified);
end $$;

-- One element of the answer of `changes_after`. `p_due_at` is the earliest instant at which something of the changed runs is
-- due, and `p_definition_ids` are their definitions.
create or replace function public.change_of_tenant(
  p_tenant_id uuid, p_due_at timestamptz, p_runs jsonb[], p_definition_ids uuid[]
) returns jsonb
language plpgsql as $$
declare
  v_endpoint_ids uuid[] := '{}';
  v_notify_at timestamptz;
begin
  -- Checked first because it is cheap: most tenants have no endpoint.
  if exists (
    select from public.notification_endpoints e where e.tenant_id = p_tenant_id and e.disabled_at is null) then
    v_endpoint_ids := public.due_endpoints(p_tenant_id);
    v_notify_at := public.notifications_due_at(p_tenant_id);
  end if;
  return jsonb_build_object(
    'tenant_id', p_tenant_id, 'due_in_ms', public.ms_until(least(p_due_at, v_notify_at)),
    'endpoint_ids', to_jsonb(v_endpoint_ids), 'runs', to_jsonb(p_runs), 'work', public.lease_work(p_definition_ids));
end $$;

-- A run, and when something of it is due: its end by time, a dispatch, the webhook of a stop, or the end of a back-off. One row,
-- or none for a run that was deleted.
create or replace function public.run_with_due(p_run_id uuid)
returns table (id uuid, workflow_definition_id uuid, status text, due_at timestamptz)
language sql stable as $$
  select r.id, r.workflow_definition_id, r.status, least(
    case when r.status = 'RUNNING' then r.deadline_at end, r.next_dispatch_at, r.not_before, a.ends_at,
    a.next_stop_dispatch_at)
  from public.workflow_runs r
  left join lateral (
    select a.ends_at, a.next_stop_dispatch_at from public.running_attempts a
    where a.run_id = r.id and r.status = 'RUNNING'
    limit 1
  ) a on true
  where r.id = p_run_id
  limit 1
$$;

-- Those of the definitions whose runs are leased, and whether a runner that asks now would get a run of each:
-- [{"workflow_definition_id", "is_leasable", "event_id"}]. Of two answers about the same definition, the one with the higher
-- "event_id" is newer, provided that both were made while holding the definition's lock.
create or replace function public.lease_work(p_definition_ids uuid[]) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'workflow_definition_id', d.id, 'is_leasable', public.is_leasable(d.id, clock_timestamp()),
      'event_id', public.last_event_id())), '[]')
    from public.workflow_definitions d
    where d.id = any (p_definition_ids) and d.handover = 'lease');
end $$;

-- Milliseconds from now until something of a tenant is due: see `next_due_at`. Negative when it is already due; null when
-- nothing is planned.
create or replace function public.due_in_ms(p_tenant_id uuid) returns float8
language plpgsql as $$
begin
  return public.ms_until(public.next_due_at(p_tenant_id, '-infinity'));
end $$;

-- When the sweep next has something to do for a tenant: a RUNNING run ends, a dispatch or the webhook of a stop is due, the
-- back-off of a retry ends, or a notification is due. Dispatches and back-offs that were already due at `p_after` are left out.
-- Notifications that were already due are checked 30 seconds later: by then, the Worker that is sending them must have ended.
create or replace function public.next_due_at(p_tenant_id uuid, p_after timestamptz) returns timestamptz
language plpgsql as $$
declare
  v_notify_at timestamptz := public.notifications_due_at(p_tenant_id);
begin
  return least(
    (select min(r.deadline_at) from public.workflow_runs r where r.tenant_id = p_tenant_id and r.status = 'RUNNING'),
    (select min(r.next_dispatch_at) from public.workflow_runs r
      where r.tenant_id = p_tenant_id and r.next_dispatch_at > p_after),
    (select min(r.not_before) from public.workflow_runs r where r.tenant_id = p_tenant_id and r.not_before > p_after),
    (select min(a.ends_at) from public.running_attempts a where a.tenant_id = p_tenant_id),
    (select min(a.next_stop_dispatch_at) from public.running_attempts a
      where a.tenant_id = p_tenant_id and a.next_stop_dispatch_at > p_after),
    case when v_notify_at <= p_after then p_after + interval '30 seconds' else v_notify_at end);
end $$;

-- The same for all tenants together, in milliseconds from now.
create or replace function public.deployment_due_in_ms() returns float8
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_next_dispatch_at timestamptz;
begin
  -- The index of dispatches begins with the tenant. `tenant` jumps from one tenant with a dispatch to the next.
  with recursive tenant (id, next_dispatch_at) as (
    (select r.tenant_id, r.next_dispatch_at from public.workflow_runs r
      where r.next_dispatch_at is not null order by r.tenant_id, r.next_dispatch_at limit 1)
    union all
    select next.tenant_id, next.next_dispatch_at
    from tenant
    cross join lateral (
      select r.tenant_id, r.next_dispatch_at from public.workflow_runs r
      where r.next_dispatch_at is not null and r.tenant_id > tenant.id
      order by r.tenant_id, r.next_dispatch_at limit 1) next
  )
  select min(next_dispatch_at) into v_next_dispatch_at from tenant;
  return public.ms_until(least(v_next_dispatch_at,
    (select min(r.deadline_at) from public.workflow_runs r where r.status = 'RUNNING'),
    -- Few runs wait for a back-off or have a stop to send, and for each of the two there is an index with only those runs.
    (select min(r.not_before) from public.workflow_runs r where r.not_before is not null),
    (select min(a.ends_at) from public.running_attempts a),
    (select min(a.next_stop_dispatch_at) from public.running_attempts a where a.next_stop_dispatch_at is not null),
    -- The probe of a failing endpoint must not keep the database awake, so here it counts as due an hour later. The alarm of the
    -- hub sends it on time; otherwise the hourly sweep does.
    (select min(public.endpoint_due_at(e.id, e.probe_at)
        + case when e.probe_at is null then interval '0' else interval '1 hour' end)
      from public.notification_endpoints e
      where e.disabled_at is null)));
end $$;

-- Milliseconds from the current time (not the start of the statement) until an instant.
create or replace function public.ms_until(p_at timestamptz) returns float8
language plpgsql as $$
begin
  return round(extract(epoch from p_at - clock_timestamp()) * 1000);
end $$;
