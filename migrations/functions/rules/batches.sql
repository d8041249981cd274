-- Batches: the runs of a definition that one request has triggered together. How a batch stands is derived from its runs. Only its
-- end is stored, once, so that a later retry by a person does not reopen it.

-- The batch that a call with this id or this idempotency key has triggered before: {"batch_id", "replayed"}, or {"refused":
-- "other_runs"}. Null when there is none. A key belongs to a user and a definition, and is in use as long as its batch exists.
-- (`p_batch_id` is new for each call, so a batch that has it already is of the same call, which was repeated.)
create or replace function public.known_batch(
  p_tenant_id uuid, p_user_id uuid, p_definition_id uuid, p_batch_id uuid, p_idempotency_key text, p_runs_hash bytea
) returns jsonb
language plpgsql stable as $$
declare
  v_known_id uuid;
begin
  select b.id into v_known_id from public.run_batches b where b.id = p_batch_id and b.tenant_id = p_tenant_id;
  if v_known_id is null and p_idempotency_key is not null then
    select b.id into v_known_id
    from public.run_batches b
    where b.workflow_definition_id = p_definition_id and b.user_id = p_user_id and b.idempotency_key = p_idempotency_key;
  end if;
  if v_known_id is null then
    return null;
  end if;
  return (
    select case
      when b.runs_hash <> p_runs_hash then '{"refused": "other_runs"}'
      else jsonb_build_object('batch_id', b.id, 'replayed', b.id <> p_batch_id)
    end
    from public.run_batches b
    where b.id = v_known_id);
end $$;

-- Identifies the runs of a request. Written as `jsonb`, the same runs have the same text, however their fields are ordered.
create or replace function public.hash_of_runs(p_runs json) returns bytea
language sql immutable as $$
  select sha256(convert_to(p_runs::jsonb::text, 'UTF8'))
$$;

-- Inserts a batch of a locked definition, and its runs, PENDING and in their order at the end of the queue, with what
-- `frozen_for_runs` has made. `p_runs` is a list of {"input"?, "labels"?, "concurrency_key"?, "start_after"?, "must_start_by"?}, in which
-- nothing is null, and `p_run_ids` are the ids of these runs. Unlike `insert_run`, it starts none of them: the caller promotes, and then
-- calls `note_queued`. A batch always queues, whatever `when_busy` says, and the queue must have room for all of it at once, but for
-- delayed runs.
--
-- Returns {"batch_id", "replayed": false, "first_waits"}; first_waits: the first run that is not delayed would have had to wait, if it
-- had come alone.
-- Or {"refused"}, which is no_key (with "pointer"), or what `judge_instants` refuses, each with "indexes": the places in the list of the
-- runs that are refused so, from 0. Or what `judge_queue` refuses.
create or replace function public.insert_batch(
  p_tenant_id uuid, p_user_id uuid, p_definition_id uuid, p_frozen jsonb, p_batch_id uuid, p_idempotency_key text,
  p_runs_hash bytea, p_run_ids uuid[], p_runs json, p_traceparent text, p_now timestamptz
) returns jsonb
language plpgsql as $$
declare
  v_snapshot constant jsonb := p_frozen -> 'snapshot';
  v_keys text[];
  -- With the precision of the columns.
  v_joins timestamptz(3)[];
  v_expires timestamptz(3)[];
  v_refused text;
  v_indexes bigint[];
  v_judged jsonb;
  v_first_waits boolean;
  v_joins_behind timestamptz;
begin
  -- 1. Find the key of each run, and the instants at which it joins the queue and expires. Is one of them wrong?
  select array_agg(public.key_of_run(p_frozen, given.value -> 'input', given.value ->> 'concurrency_key') order by given.place),
    array_agg((given.value ->> 'start_after')::timestamptz(3) order by given.place),
    array_agg((given.value ->> 'must_start_by')::timestamptz(3) order by given.place)
  into v_keys, v_joins, v_expires
  from json_array_elements(p_runs) with ordinality given (value, place);
  v_indexes := array(
    select run.place - 1 from unnest(v_keys) with ordinality run (key, place) where run.key is null order by run.place);
  if cardinality(v_indexes) > 0 then
    return jsonb_build_object('refused', 'no_key', 'pointer', p_frozen -> 'key_from', 'indexes', v_indexes);
  end if;
  select judged.refused, array_agg(judged.place - 1 order by judged.place)
  into v_refused, v_indexes
  from (
    select run.place, public.judge_instants(run.joins_at, run.expires_at, p_now) ->> 'refused' as refused
    from unnest(v_joins, v_expires) with ordinality run (joins_at, expires_at, place)
  ) judged
  where judged.refused is not null
  group by judged.refused
  order by min(judged.place)
  limit 1;
  if v_refused is not null then
    return jsonb_build_object('refused', v_refused, 'indexes', v_indexes);
  end if;
  v_joins := array(
    select case when run.joins_at > p_now then run.joins_at end
    from unnest(v_joins) with ordinality run (joins_at, place)
    order by run.place);
  v_judged := public.judge_queue(
    p_definition_id, (p_frozen ->> 'max_queued')::integer, (select count(*) from unnest(v_joins) run (joins_at) where run.joins_at is null),
    p_now);
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  v_first_waits := public.queue_obstacle(p_definition_id, v_keys[(
    select min(run.place) from unnest(v_joins) with ordinality run (joins_at, place) where run.joins_at is null)], p_now) is not null;
  v_joins_behind := public.joins_behind(p_definition_id, p_now);

  -- 2. Insert the batch and its runs. The rows are sorted before they draw their places in the queue.
  insert into public.run_batches (
    id, tenant_id, workflow_definition_id, user_id, idempotency_key, runs_hash, run_count, created_at)
  values (p_batch_id, p_tenant_id, p_definition_id, p_user_id, p_idempotency_key, p_runs_hash, cardinality(p_run_ids), p_now);
  insert into public.workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, run_snapshot, input, traceparent,
    concurrency_key, batch_id, created_at, updated_at, status, not_before, deadline_at, queue_position)
  select given.run_id, p_tenant_id, p_definition_id, p_user_id, v_snapshot ->> 'runner_type', v_snapshot, given.value -> 'input',
    p_traceparent, given.key, p_batch_id, p_now, p_now, 'PENDING', coalesce(given.joins_at, v_joins_behind), given.expires_at,
    case when coalesce(given.joins_at, v_joins_behind) is null then nextval('public.workflow_run_queue') end
  from (
    select *
    from rows from (json_array_elements(p_runs), unnest(p_run_ids), unnest(v_keys), unnest(v_joins), unnest(v_expires))
      with ordinality given (value, run_id, key, joins_at, expires_at, place)
    order by place
  ) given;

  -- 3. Insert their labels and events.
  insert into public.workflow_run_labels (tenant_id, run_id, label, created_at)
  select p_tenant_id, given.run_id, label.key || ':' || label.value, p_now
  from rows from (json_array_elements(p_runs), unnest(p_run_ids)) given (value, run_id)
  cross join lateral json_each_text(given.value -> 'labels') label;
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select p_tenant_id, given.run_id, 1, 'TRIGGERED', p_now, jsonb_strip_nulls(jsonb_build_object(
    'batch_id', p_batch_id, 'labels', nullif((given.value -> 'labels')::jsonb, '{}'), 'start_after', public.wire_instant(given.joins_at),
    'must_start_by', public.wire_instant(given.expires_at)))
  from rows from (json_array_elements(p_runs), unnest(p_run_ids), unnest(v_joins), unnest(v_expires))
    with ordinality given (value, run_id, joins_at, expires_at, place)
  order by given.place;
  return jsonb_build_object('batch_id', p_batch_id, 'replayed', false, 'first_waits', v_first_waits);
end $$;

-- Records which runs of a new batch have to wait, after those that could start have started: all that are still PENDING, except delayed
-- ones, and the first of the others if it waits only for its runner.
create or replace function public.note_queued(p_run_ids uuid[], p_first_waits boolean, p_now timestamptz) returns void
language plpgsql as $$
begin
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at)
  select run.tenant_id, run.id, run.attempt, 'QUEUED', p_now
  from (
    select r.tenant_id, r.id, r.attempt, r.status, row_number() over (order by given.place) as place
    from unnest(p_run_ids) with ordinality given (id, place)
    join public.workflow_runs r on r.id = given.id
    where r.not_before is null or r.not_before <= p_now
  ) run
  where run.status = 'PENDING' and (p_first_waits or run.place > 1)
  order by run.place;
end $$;

-- How a batch stands at an instant: one row. `unfinished` are the runs that wait or run, and those that have ended by time and will be
-- retried when that is recorded. The run `p_without_run_id` is left out.
create or replace function public.count_batch(p_batch_id uuid, p_now timestamptz, p_without_run_id uuid default null)
returns table (
  pending bigint, running bigint, completed bigint, failed bigint, unfinished bigint, last_ended_at timestamptz
)
language plpgsql stable as $$
begin
  return query
    select count(*) filter (where seen.status = 'PENDING'), count(*) filter (where seen.status = 'RUNNING'),
      count(*) filter (where seen.status = 'COMPLETED'), count(*) filter (where seen.status = 'FAILED'),
      count(*) filter (where seen.status in ('PENDING', 'RUNNING')
        or seen.is_overdue and public.will_be_retried(r.id, p_now)),
      max(seen.completed_at)
    from public.workflow_runs r
    cross join lateral public.run_as_seen(r, p_now) seen
    where r.batch_id = p_batch_id and r.id is distinct from p_without_run_id;
end $$;

-- Ends those of the batches of which no run is unfinished any more, each with the event BATCH_ENDED, once. All that ends or deletes
-- runs calls it while it holds the lock of their definition: `end_attempts` after it has put back the runs that their policies retry,
-- and `delete_judged_run`, which names the run that it is about to delete.
--
-- The event belongs to the run that ended last. When no other run is left, it belongs to the run that is deleted, before that is
-- gone: endpoints are then notified although the event goes with the run. A run whose row is locked is being deleted by
-- `delete_old_runs`, which holds no lock of a definition, so it is passed over.
create or replace function public.end_batches(p_batch_ids uuid[], p_now timestamptz, p_deleted_run_id uuid default null)
returns void
language plpgsql as $$
declare
  v_batch_id uuid;
  v_run_id uuid;
begin
  foreach v_batch_id in array array(select distinct named.id from unnest(p_batch_ids) named (id)) loop
    continue when exists (
      select from public.workflow_runs r
      where r.batch_id = v_batch_id and r.status in ('PENDING', 'RUNNING') and r.id is distinct from p_deleted_run_id);
    update public.run_batches b
    set ended_at = case
      when p_deleted_run_id is null then (select max(r.completed_at) from public.workflow_runs r where r.batch_id = b.id)
      else p_now
    end
    where b.id = v_batch_id and b.ended_at is null;
    continue when not found;
    select r.id into v_run_id
    from public.workflow_runs r
    where r.batch_id = v_batch_id
    order by r.id is not distinct from p_deleted_run_id, r.completed_at desc, r.queue_position desc nulls last, r.id desc
    limit 1
    for update skip locked;
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select r.tenant_id, r.id, r.attempt, 'BATCH_ENDED', b.ended_at, jsonb_build_object(
      'batch_id', b.id, 'run_count', b.run_count, 'completed', counted.completed, 'failed', counted.failed,
      'deleted', b.run_count - counted.completed - counted.failed, 'created_at', public.wire_instant(b.created_at))
    from public.run_batches b
    cross join public.count_batch(v_batch_id, p_now, p_deleted_run_id) counted
    join public.workflow_runs r on r.id = v_run_id
    where b.id = v_batch_id;
  end loop;
end $$;

-- Deletes a run that `judge_run_state` lets be deleted, whose definition is locked. The trigger `workflow_runs_delete_events` deletes
-- its events. When nothing else of its batch is unfinished, that has ended.
create or replace function public.delete_judged_run(p_run_id uuid, p_now timestamptz) returns void
language plpgsql as $$
declare
  v_batch_id constant uuid := (select r.batch_id from public.workflow_runs r where r.id = p_run_id);
begin
  if v_batch_id is not null then
    perform public.end_batches(array[v_batch_id], p_now, p_run_id);
  end if;
  delete from public.workflow_runs r where r.id = p_run_id;
end $$;

-- A batch in the form of the API, at an instant; null when there is none. Like a run that has ended by time, a batch has ended as soon
-- as its last run has, even when that is not recorded yet.
create or replace function public.batch_response(p_batch_id uuid, p_now timestamptz) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object('id', b.id, 'workflow_definition_id', b.workflow_definition_id, 'user_id', b.user_id,
      'run_count', b.run_count, 'pending', counted.pending, 'running', counted.running, 'completed', counted.completed,
      'failed', counted.failed,
      'deleted', b.run_count - counted.pending - counted.running - counted.completed - counted.failed,
      'created_at', public.wire_instant(b.created_at),
      'ended_at', public.wire_instant(
        coalesce(b.ended_at, case when counted.unfinished = 0 then counted.last_ended_at end)))
    from public.run_batches b
    cross join public.count_batch(b.id, p_now) counted
    where b.id = p_batch_id);
end $$;

-- True when a batch has runs. It is plpgsql, so that it looks them up by the batch. As a subquery, the planner might read all runs.
create or replace function public.batch_has_runs(p_batch_id uuid) returns boolean
language plpgsql stable as $$
begin
  return exists (select from public.workflow_runs r where r.batch_id = p_batch_id);
end $$;

-- One page of the runs of a batch that the caller may see and that match a filter: up to `p_limit` of them, newest first, or oldest
-- first when not `p_is_older`. The list goes on after the place `p_from_at`, `p_from_id`, if that is given. A null in the filter
-- matches all runs; the runs have all of `p_labels`, and errors with words that begin with each of `p_words`. `status` is the state of
-- the run as readers see it now.
create or replace function public.batch_runs(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_batch_id uuid, p_labels text[], p_statuses text[], p_definition_id uuid,
  p_run_user_id uuid, p_created_after timestamptz, p_created_before timestamptz, p_is_older boolean,
  p_from_at timestamptz, p_from_id uuid, p_limit bigint, p_words text default null
) returns table (id uuid, created_at timestamptz, status text, is_found boolean)
language plpgsql stable as $$
declare
  v_now constant timestamptz := statement_timestamp();
  v_query constant tsquery := case when p_words is not null then public.search_query(p_tenant_id, p_words) end;
  v_readable constant uuid[] := array(
    select definition.id from public.readable_definitions(p_role, p_tenant_id, p_user_id) definition);
begin
  return query
    -- Materialized, so that a batch is read by its index, whatever the order and the filter.
    with of_batch as materialized (
      select r.* from public.workflow_runs r where r.batch_id = p_batch_id
    ), matching as (
      select r.id, r.created_at, seen.status
      from of_batch r
      cross join public.page_bounds(p_created_after, p_created_before, p_is_older, p_from_at, p_from_id) page
      cross join lateral public.run_as_seen(r, v_now) seen
      where r.tenant_id = p_tenant_id
        and (r.created_at, r.id) > (page.low_at, page.low_id) and (r.created_at, r.id) < (page.high_at, page.high_id)
        and (p_definition_id is null or r.workflow_definition_id = p_definition_id)
        and (p_run_user_id is null or r.user_id = p_run_user_id)
        and (p_statuses is null or seen.status = any (p_statuses))
        and public.has_labels(r.id, p_labels)
        and (v_query is null or seen.status = 'FAILED' and public.search_words(r.tenant_id, seen.error) @@ v_query)
        and public.run_is_visible(p_role, p_user_id, r.user_id, r.workflow_definition_id = any (v_readable))
    )
    select m.id, m.created_at, m.status, true
    from matching m
    order by case when p_is_older then m.created_at end desc, case when p_is_older then m.id end desc, m.created_at, m.id
    limit p_limit;
end $$;
