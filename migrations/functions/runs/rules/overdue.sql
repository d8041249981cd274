-- What the passing of time does to the runs of a definition: each verb that may change who holds its slots begins with this.

-- How many runs that expire, and how many that join their queues, one call handles: it holds its locks for 50 ms at most.
create or replace function public.most_by_time() returns integer
language sql immutable as $$
  select 250
$$;

-- What has happened by time to the runs of definitions without that being recorded: for each run, `what` is
--   overdue     it is RUNNING, and over
--   expired     it is PENDING, and over
--   joins       it is PENDING, and joins its queue
-- and `supersedes`, without a run, for runs that are still to be superseded. Of those that have expired, and of those that join, it reads
-- no more than one call handles, in the order of their instants. Several definitions share that number.
create or replace function public.happened_by_time(p_definition_ids uuid[], p_now timestamptz, p_run_ids uuid[])
returns table (id uuid, what text)
language sql stable as $$
  select r.id, 'overdue'
  from public.workflow_runs r
  where r.workflow_definition_id = any (p_definition_ids) and r.status = 'RUNNING'
    -- Most overdue runs have reached their deadlines, and usually no attempt of the tenant is over. One look into an index finds that out,
    -- and saves a look for each run.
    and (r.deadline_at <= p_now
      or (select exists (
        select
        from unnest(p_definition_ids) definition (id)
        cross join lateral (select d.tenant_id from public.workflow_definitions d where d.id = definition.id limit 1) d
        cross join lateral (
          select from public.running_attempts a where a.tenant_id = d.tenant_id and a.ends_at <= p_now limit 1) a))
      and (select a.ends_at from public.running_attempts a where a.run_id = r.id) <= p_now)
  union all
  select expired.id, 'expired'
  from unnest(p_definition_ids) definition (id)
  cross join lateral (
    select r.id from public.expired_runs(definition.id, p_now) r
    order by r.deadline_at, r.queue_position
    limit greatest(public.most_by_time() / cardinality(p_definition_ids), 1)
  ) expired
  union all
  select r.id, 'expired' from public.workflow_runs r
  where r.id = any (p_run_ids) and r.workflow_definition_id = any (p_definition_ids) and public.is_expired(r, p_now)
  union all
  select joining.id, 'joins'
  from unnest(p_definition_ids) definition (id)
  cross join lateral (
    select r.id from public.joining_runs(definition.id, p_now) r
    order by r.not_before, r.created_at, r.id
    limit greatest(public.most_by_time() / cardinality(p_definition_ids), 1)
  ) joining
  union all
  select null, 'supersedes'
  from public.supersessions s
  where s.workflow_definition_id = any (p_definition_ids)
$$;

-- True when another call will find more to record for these definitions, since one call was not enough.
create or replace function public.has_more_by_time(p_definition_ids uuid[], p_now timestamptz) returns boolean
language sql stable as $$
  select exists (
    select
    from unnest(p_definition_ids) definition (id)
    where public.joins_behind(definition.id, p_now) is not null
      or exists (select from public.supersessions s where s.workflow_definition_id = definition.id)
      or (select true from public.expired_runs(definition.id, p_now) expired order by expired.deadline_at limit 1))
$$;

-- Records what has happened by time to the runs of locked definitions:
-- - It fails the overdue runs, each with an event: TIMED_OUT, LOST or STOPPED. The run and the event get the instant at which the
--   run ended: see `run_as_seen`.
-- - It ends the next of the runs that are still to be superseded: see `supersede.sql`.
-- - Runs whose `not_before` has come join their queues: see `join_queues`.
--
-- Very many runs of a queue may expire or join at the same instant. One call handles `most_by_time` of each, and the sweep the others.
-- Those of `p_run_ids`, which the verb is about, are always among the ones that it fails. Returns {"runs": see `changed_run`, "lags_ms": for
-- each run that it has failed because of the time, how late that was}.
create or replace function public.end_overdue_runs(p_definition_ids uuid[], p_now timestamptz, p_run_ids uuid[] default null)
returns jsonb
language plpgsql as $$
declare
  v_overdue_ids uuid[];
  v_expired_ids uuid[];
  v_joining_ids uuid[];
  v_supersedes boolean;
  v_superseded jsonb;
  v_ended jsonb := '{"lags_ms": []}';
begin
  select array_agg(happened.id) filter (where happened.what = 'overdue'),
    array_agg(happened.id) filter (where happened.what = 'expired'),
    array_agg(happened.id) filter (where happened.what = 'joins'),
    bool_or(happened.what = 'supersedes')
  into v_overdue_ids, v_expired_ids, v_joining_ids, v_supersedes
  from public.happened_by_time(p_definition_ids, p_now, p_run_ids) happened;
  if v_supersedes then
    v_superseded := public.supersede_next(p_definition_ids, p_now, p_run_ids);
  end if;
  if v_joining_ids is not null then
    perform public.join_queues(v_joining_ids);
  end if;
  v_overdue_ids := v_overdue_ids || v_expired_ids;
  if v_overdue_ids is not null then
    v_ended := public.end_overdue_attempts(v_overdue_ids, p_now);
  end if;
  return case
    when v_superseded is null then v_ended
    else jsonb_set(v_ended, '{runs}', v_superseded || coalesce(v_ended -> 'runs', '[]'))
  end;
end $$;

-- Ends a RUNNING run that was asked to stop, and whose runner ends its work without a result: as if the time of the stop were over. Returns
-- the runs that it has changed (see `changed_run`); null when nobody has asked the run to stop.
create or replace function public.end_stopping_run(p_run_id uuid, p_definition_id uuid, p_now timestamptz) returns jsonb
language plpgsql as $$
begin
  -- Truncated to milliseconds like the column: if it were rounded up, the time would not be over yet.
  update public.running_attempts a
  set stop_ends_at = least(a.stop_ends_at, date_trunc('milliseconds', p_now))
  where a.run_id = p_run_id and a.stop_requested_at is not null;
  return case when found then coalesce(public.end_overdue_runs(array[p_definition_id], p_now) -> 'runs', '[]') end;
end $$;

-- Ends the next of the runs of locked definitions that are still to be superseded, and those of `p_run_ids` that are among them.
-- Returns the runs: see `changed_run`.
create or replace function public.supersede_next(p_definition_ids uuid[], p_now timestamptz, p_run_ids uuid[]) returns jsonb
language plpgsql as $$
declare
  v_id uuid;
  v_definition_id uuid;
  v_group text;
  v_by_run_id uuid;
  v_user_id uuid;
  v_run_ids uuid[];
  v_runs jsonb := '[]';
begin
  for v_id, v_definition_id, v_group, v_by_run_id, v_user_id in
    select s.id, s.workflow_definition_id, s.concurrency_key, s.run_id, s.user_id
    from public.supersessions s
    where s.workflow_definition_id = any (p_definition_ids)
  loop
    v_run_ids := array(
      select named.id
      from public.supersessions s
      -- They are looked up by their ids, and judged afterwards.
      cross join lateral (select r.* from public.workflow_runs r where r.id = any (p_run_ids) offset 0) named
      where s.id = v_id and named.workflow_definition_id = v_definition_id and (v_group is null or named.concurrency_key = v_group)
        and public.is_unexpired(named.deadline_at, p_now) and public.is_superseded_by(named, s));
    -- Any others, in no order: to sort them, each call would read all that are left.
    v_run_ids := v_run_ids || array(
      select competing.id
      from public.supersessions s
      cross join public.competing_runs(v_definition_id, p_now, v_group) competing
      where s.id = v_id and competing.id <> all (v_run_ids) and public.is_superseded_by(competing, s)
      limit public.most_superseded() + 1);
    if cardinality(v_run_ids) <= public.most_superseded() then
      delete from public.supersessions s where s.id = v_id;
    end if;
    v_runs := v_runs || coalesce(public.end_superseded(v_run_ids[1:public.most_superseded()], v_by_run_id, v_user_id, p_now), '[]');
  end loop;
  return v_runs;
end $$;
