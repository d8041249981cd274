-- The sums of ended runs by hour and by day (UTC), of each definition and of its tenant: how many were COMPLETED and how many FAILED, and
-- histograms of how long they waited and took. They stay when runs are deleted, and show a long time without reading its runs.
--
-- A walk:
-- 1. The sweep calls `sum_ends`, and that calls `notice_new_events` to find the tenants with new events. In each of them it reads the events of
--    the feed after its position there, so that each counts once: also one whose transaction commits later than a younger one (see
--    `list_events`). A tenant without a position was never summed: its oldest event comes first.
-- 2. `add_to_sums` adds each end to the hour and the day of its instant. A retry means that its run has not ended: it subtracts the end
--    before it, from the hour and the day of that end.
-- 3. When a run is deleted before the sweep has added its ends, `sum_deleted_ends` adds them in the same transaction, since its events are
--    deleted, too.
-- 4. `sum_statistics` reads the sums.
--
-- Whoever adds to the sums of a tenant, or moves its position, holds the lock of the position.

-- For how long sums by hour and by day are kept.
create or replace function public.sums_kept_for(p_per text) returns interval
language sql immutable as $$
  select case p_per when 'hour' then interval '15 days' else interval '366 days' end
$$;

-- True for the types of events that change sums.
create or replace function public.is_summed(p_type text) returns boolean
language sql immutable as $$
  select p_type = 'RETRIED' or public.is_end_event(p_type)
$$;

-- Adds events to the sums: ends, and retries. `p_definition_ids` has the definition of the run of each. What began so long ago that it is
-- not kept any more is left out. The events of all runs are read by one scan, without a nested loop: a plan that was made and kept while
-- there were few events would otherwise read the whole table once for each run.
create or replace function public.add_to_sums(p_event_ids bigint[], p_definition_ids uuid[], p_now timestamptz) returns void
language plpgsql set enable_nestloop = off as $$
declare
  v_run_ids constant uuid[] := array(select distinct e.run_id from public.workflow_run_events e where e.id = any (p_event_ids));
begin
  with event as materialized (
    select e.id, e.tenant_id, e.run_id, e.attempt, e.type, e.at from public.workflow_run_events e where e.run_id = any (v_run_ids)
  ), attempt as materialized (
    select e.run_id, e.attempt, max(e.at) filter (where e.type = 'TRIGGERED') as triggered_at,
      max(e.at) filter (where e.type = 'STARTED') as started_at, max(e.at) filter (where public.is_end_event(e.type)) as ended_at,
      bool_or(e.type = 'COMPLETED') as is_completed
    from event e
    group by e.run_id, e.attempt
  )
  insert into public.run_sums as s (of_id, per, begins_at, tenant_id, completed, failed, waits, run_times)
  select of.id, per.name, place.begins_at, said.tenant_id,
    coalesce(sum(counted.sign) filter (where attempt.is_completed), 0),
    coalesce(sum(counted.sign) filter (where not attempt.is_completed), 0),
    coalesce(sum(counted.sign * public.histogram_of(extract(epoch from attempt.started_at - attempt.triggered_at)::float8)), 0),
    coalesce(sum(counted.sign * public.histogram_of(extract(epoch from attempt.ended_at - attempt.started_at)::float8))
      filter (where attempt.is_completed), 0)
  from unnest(p_event_ids, p_definition_ids) given (event_id, definition_id)
  join event said on said.id = given.event_id
  cross join lateral (
    select case said.type when 'RETRIED' then -1 else 1 end as sign, case said.type when 'RETRIED' then said.attempt - 1 else said.attempt end as attempt
  ) counted
  join attempt on attempt.run_id = said.run_id and attempt.attempt = counted.attempt
  cross join unnest(array[given.definition_id, said.tenant_id]) of (id)
  cross join unnest(array['hour', 'day']) per (name)
  cross join lateral (select date_trunc(per.name, attempt.ended_at, 'UTC') as begins_at) place
  where place.begins_at >= p_now - public.sums_kept_for(per.name)
  group by of.id, per.name, place.begins_at, said.tenant_id
  on conflict (of_id, per, begins_at) do update
  set completed = s.completed + excluded.completed, failed = s.failed + excluded.failed, waits = s.waits + excluded.waits,
    run_times = s.run_times + excluded.run_times;
end $$;

-- Marks the tenants that have new events, so that `sum_ends` looks at them: it sets `is_behind` of their positions. It reads up to `p_limit`
-- events of all tenants, so its cost depends on what has happened, and not on how many tenants there are. Returns whether there may be more.
-- It must be called before anything is changed or locked in the transaction.
--
-- Closes the race with a transaction that commits later than one with younger events:
-- - `seen_xid` is the number of the transaction of an earlier call, and `seen_id` the newest event before it got that number.
-- - A transaction with a higher number gets higher ids for its events, since each verb locks something, and so gets its number, before it
--   inserts an event.
-- - A transaction with a lower number may still commit events up to `seen_id`. So `noticed_id` becomes `seen_id` only when all of these
--   have ended, and the events up to it were read again.
-- `noticed_id` also stays when others have locked a position, since they may be setting `is_behind` to false.
create or replace function public.notice_new_events(p_limit integer) returns boolean
language plpgsql as $$
declare
  v_oldest_running constant xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_last_id constant bigint := coalesce((select max(e.id) from public.workflow_run_events e), 0);
  v_noticed_id bigint;
  v_seen_id bigint;
  v_is_complete boolean;
  v_tenant_ids uuid[];
  v_locked_ids uuid[];
  v_to bigint;
  v_count integer;
begin
  -- When another call is doing this, this one need not.
  select e.noticed_id, e.seen_id, e.seen_xid <= v_oldest_running into v_noticed_id, v_seen_id, v_is_complete
  from public.event_epoch e
  for update skip locked;
  if v_noticed_id is null then
    return false;
  end if;
  with found as materialized (
    select e.id, e.tenant_id
    from public.workflow_run_events e
    -- While older transactions are under way, the events up to `seen_id` are not read a second time: that is done when these have ended.
    where e.id > case when v_is_complete then v_noticed_id else v_seen_id end
    order by e.id
    limit p_limit
  )
  select max(found.id), count(*), array(
    select t.id
    from (select distinct f.tenant_id from found f) of
    -- One look for each, so that not all tenants are read.
    cross join lateral (select t.id from public.tenants t where t.id = of.tenant_id limit 1) t
    order by t.id)
  into v_to, v_count, v_tenant_ids
  from found;
  if v_to is null then
    return false;
  end if;
  perform public.add_sum_positions(v_tenant_ids);
  v_locked_ids := array(
    select p.tenant_id from public.run_sum_positions p where p.tenant_id = any (v_tenant_ids) order by p.tenant_id for update skip locked);
  update public.run_sum_positions p set is_behind = true where p.tenant_id = any (v_locked_ids) and not p.is_behind;
  if not v_is_complete or cardinality(v_locked_ids) < cardinality(v_tenant_ids) then
    return false;
  end if;
  update public.event_epoch e
  set noticed_id = least(v_seen_id, v_to), seen_id = least(v_last_id, v_to), seen_xid = pg_current_xact_id();
  return v_count = p_limit;
end $$;

-- The ends and retries of runs that are not in the sums yet. A tenant without a position is at the beginning of the feed.
create or replace function public.ends_to_sum(p_run_ids uuid[]) returns table (event_id bigint, run_id uuid, tenant_id uuid)
language plpgsql stable as $$
begin
  return query
    select e.id, e.run_id, e.tenant_id
    from unnest(p_run_ids) run (id)
    join public.workflow_run_events e on e.run_id = run.id
    left join public.run_sum_positions p on p.tenant_id = e.tenant_id
    where public.is_summed(e.type) and (p.tenant_id is null or (e.epoch, e.xid, e.id) > (p.epoch, p.xid, p.event_id));
end $$;

-- Adds what is not in the sums yet of runs that are being deleted, and whose events are still there. Usually that is nothing. It is looked
-- for again under the lock: `sum_ends` may have added it meanwhile.
create or replace function public.sum_deleted_ends(p_run_ids uuid[], p_definition_ids uuid[]) returns void
language plpgsql as $$
declare
  v_tenant_ids uuid[] := array(select distinct u.tenant_id from public.ends_to_sum(p_run_ids) u);
  v_event_ids bigint[];
  v_definition_ids uuid[];
begin
  if v_tenant_ids = '{}' then
    return;
  end if;
  perform public.add_sum_positions(v_tenant_ids);
  v_tenant_ids := array(
    select p.tenant_id from public.run_sum_positions p where p.tenant_id = any (v_tenant_ids) order by p.tenant_id for update);
  select array_agg(u.event_id), array_agg(run.definition_id) into v_event_ids, v_definition_ids
  from public.ends_to_sum(p_run_ids) u
  join unnest(p_run_ids, p_definition_ids) run (id, definition_id) on run.id = u.run_id
  where u.tenant_id = any (v_tenant_ids);
  perform public.add_to_sums(v_event_ids, v_definition_ids, clock_timestamp());
end $$;

-- Lets those of these tenants that have no position begin at the beginning of the feed.
create or replace function public.add_sum_positions(p_tenant_ids uuid[]) returns void
language plpgsql as $$
begin
  insert into public.run_sum_positions (tenant_id, looked_at)
  select t.id, clock_timestamp()
  from public.tenants t
  where t.id = any (p_tenant_ids)
  on conflict do nothing;
end $$;
