-- Adding the runs of a batch to a definition, as `new_run.sql` adds one. How a batch stands is in `batches.sql`.

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

-- Can these runs be added together to a locked definition? `p_runs` is a list of {"input"?, "labels"?, "concurrency_key"?, "priority"?, "start_after"?,
-- "must_start_by"?}, in which nothing is null, and other fields count for nothing. They always queue, whatever `when_busy` says, and the queue
-- must have room for all of them at once, but for delayed ones.
--
-- Returns what `insert_runs` needs: {"keys", "priorities", "joins_at", "expires_at": for each run, "joins_behind", "first_waits"};
-- first_waits: the first run of the queue would have had to wait, if it had come alone.
-- Or {"refused"}, which is no_key (with "pointer"), or what `judge_instants` refuses, each with "indexes": the places in the list of the
-- runs that are refused so, from 0. Or what `judge_queue` refuses.
create or replace function public.judge_runs(p_definition_id uuid, p_frozen jsonb, p_runs json, p_now timestamptz) returns jsonb
language plpgsql as $$
declare
  v_keys text[];
  v_priorities integer[];
  -- With the precision of the columns.
  v_joins timestamptz(3)[];
  v_expires timestamptz(3)[];
  v_refused text;
  v_indexes bigint[];
  v_judged jsonb;
  v_first bigint;
begin
  -- 1. Find the key of each run, and the instants at which it joins the queue and expires. Is one of them wrong?
  select array_agg(public.key_of_run(p_frozen ->> 'key_from', given.value -> 'input', given.value ->> 'concurrency_key') order by given.place),
    array_agg(coalesce((given.value ->> 'priority')::integer, 0) order by given.place),
    array_agg((given.value ->> 'start_after')::timestamptz(3) order by given.place),
    array_agg((given.value ->> 'must_start_by')::timestamptz(3) order by given.place)
  into v_keys, v_priorities, v_joins, v_expires
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

  -- 2. Is there room for them?
  v_judged := public.judge_queue(
    p_definition_id, (p_frozen ->> 'max_queued')::integer, (select count(*) from unnest(v_joins) run (joins_at) where run.joins_at is null),
    p_now);
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  v_first := (
    select run.place from unnest(v_joins, v_priorities) with ordinality run (joins_at, priority, place)
    where run.joins_at is null order by run.priority desc, run.place limit 1);
  return jsonb_build_object('keys', v_keys, 'priorities', v_priorities, 'joins_at', v_joins, 'expires_at', v_expires,
    'joins_behind', public.joins_behind(p_definition_id, p_now),
    'first_waits', public.queue_obstacle(p_definition_id, v_keys[v_first], p_now, v_priorities[v_first]) is not null);
end $$;

-- Inserts runs of a locked definition, PENDING and in their order at the end of the queue, with what `frozen_for_runs` has made, and as
-- `judge_runs` has judged them. `p_of` is {"tenant_id", "user_id", "definition_id", "traceparent", and "batch_id" or "parent_run_id"}, and
-- `p_run_ids` are the ids of the runs. Unlike `add_run`, it starts none of them: the caller promotes, and then calls `note_queued`.
create or replace function public.insert_runs(
  p_of jsonb, p_frozen jsonb, p_judged jsonb, p_run_ids uuid[], p_runs json, p_now timestamptz
) returns void
language plpgsql as $$
declare
  v_tenant_id constant uuid := p_of ->> 'tenant_id';
  v_definition_id constant uuid := p_of ->> 'definition_id';
  v_snapshot constant jsonb := p_frozen -> 'snapshot';
  v_joins_behind constant timestamptz := p_judged ->> 'joins_behind';
  v_keys constant text[] := array(select jsonb_array_elements_text(p_judged -> 'keys'));
  v_priorities constant integer[] := array(select jsonb_array_elements_text(p_judged -> 'priorities')::integer);
  v_joins constant timestamptz[] := array(select jsonb_array_elements_text(p_judged -> 'joins_at')::timestamptz);
  v_expires constant timestamptz[] := array(select jsonb_array_elements_text(p_judged -> 'expires_at')::timestamptz);
begin
  -- 1. Insert the runs. The rows are sorted before they draw their places in the queue.
  insert into public.workflow_runs (id, tenant_id, workflow_definition_id, user_id, runner_type, run_snapshot, input, traceparent,
    concurrency_key, batch_id, parent_run_id, created_at, updated_at, status, not_before, deadline_at, queue_position, priority)
  select given.run_id, v_tenant_id, v_definition_id, (p_of ->> 'user_id')::uuid, v_snapshot ->> 'runner_type', v_snapshot,
    given.value -> 'input', p_of ->> 'traceparent', given.key, (p_of ->> 'batch_id')::uuid, (p_of ->> 'parent_run_id')::uuid, p_now, p_now,
    'PENDING', coalesce(given.joins_at, v_joins_behind), given.expires_at,
    case when coalesce(given.joins_at, v_joins_behind) is null
      then public.place_by_priority(nextval('public.workflow_run_queue'), given.priority) end, given.priority
  from (
    select *
    from rows from (json_array_elements(p_runs), unnest(p_run_ids), unnest(v_keys), unnest(v_joins), unnest(v_expires),
        unnest(v_priorities)) with ordinality given (value, run_id, key, joins_at, expires_at, priority, place)
    order by place
  ) given;

  -- 2. Insert their labels and events.
  insert into public.workflow_run_labels (tenant_id, run_id, label, created_at)
  select v_tenant_id, given.run_id, label.key || ':' || label.value, p_now
  from rows from (json_array_elements(p_runs), unnest(p_run_ids)) given (value, run_id)
  cross join lateral json_each_text(given.value -> 'labels') label;
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select v_tenant_id, given.run_id, 1, 'TRIGGERED', p_now, jsonb_strip_nulls(jsonb_build_object(
    'batch_id', p_of -> 'batch_id', 'parent_run_id', p_of -> 'parent_run_id', 'labels', nullif((given.value -> 'labels')::jsonb, '{}'),
    'priority', nullif(given.priority, 0), 'start_after', public.wire_instant(given.joins_at),
    'must_start_by', public.wire_instant(given.expires_at)))
  from rows from (json_array_elements(p_runs), unnest(p_run_ids), unnest(v_joins), unnest(v_expires), unnest(v_priorities))
    with ordinality given (value, run_id, joins_at, expires_at, priority, place)
  order by given.place;
end $$;

-- Inserts a batch of a locked definition, and its runs: see `judge_runs`, `insert_runs`. The tenant must have room for all runs, as if all
-- waited. Returns {"batch_id", "replayed": false, "first_waits"}, or what `judge_runs` or `judge_cap` refuses.
create or replace function public.insert_batch(
  p_tenant_id uuid, p_user_id uuid, p_definition_id uuid, p_frozen jsonb, p_batch_id uuid, p_idempotency_key text,
  p_runs_hash bytea, p_run_ids uuid[], p_runs json, p_traceparent text, p_now timestamptz
) returns jsonb
language plpgsql as $$
declare
  v_judged jsonb := public.judge_runs(p_definition_id, p_frozen, p_runs, p_now);
begin
  if not v_judged ? 'refused' then
    v_judged := v_judged || public.judge_cap(p_tenant_id, 'waiting_runs', cardinality(p_run_ids));
  end if;
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  insert into public.run_batches (
    id, tenant_id, workflow_definition_id, user_id, idempotency_key, runs_hash, run_count, created_at)
  values (p_batch_id, p_tenant_id, p_definition_id, p_user_id, p_idempotency_key, p_runs_hash, cardinality(p_run_ids), p_now);
  perform public.insert_runs(jsonb_build_object('tenant_id', p_tenant_id, 'user_id', p_user_id, 'definition_id', p_definition_id,
    'traceparent', p_traceparent, 'batch_id', p_batch_id), p_frozen, v_judged, p_run_ids, p_runs, p_now);
  return jsonb_build_object('batch_id', p_batch_id, 'replayed', false, 'first_waits', v_judged -> 'first_waits');
end $$;

-- Records which runs of a new batch have to wait, after those that could start have started: all that are still PENDING, except delayed
-- ones, and the first of the others if it waits only for its runner.
create or replace function public.note_queued(p_run_ids uuid[], p_first_waits boolean, p_now timestamptz) returns void
language plpgsql as $$
begin
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at)
  select run.tenant_id, run.id, run.attempt, 'QUEUED', p_now
  from (
    select r.tenant_id, r.id, r.attempt, r.status, row_number() over (order by r.priority desc, given.place) as place
    from unnest(p_run_ids) with ordinality given (id, place)
    join public.workflow_runs r on r.id = given.id
    where r.not_before is null or r.not_before <= p_now
  ) run
  where run.status = 'PENDING' and (p_first_waits or run.place > 1)
  order by run.place;
end $$;
