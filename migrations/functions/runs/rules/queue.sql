-- The queue of a definition, and the steps of every verb that may change who holds its slots (`slots.sql`). PENDING runs wait in the
-- order in which they joined the queue, those with a higher priority first: see `priorities.sql`. With `max_running_per_key`, keys take
-- turns, and each key has a queue of its own.
--
-- A run joins when it is triggered, and gets its `queue_position`. With `not_before`, it is outside of the queue until that instant: it has
-- no position, and then joins at the end; of those with the same instant, first the one that was triggered first. Very many may join at the
-- same instant, and one call lets only some of them join (`join_queues`). As long as others are left, whoever comes later gets
-- `not_before`, too, and joins behind them. A run whose `deadline_at` has passed has left the queue: it has expired, whether or not that is
-- recorded (`run_as_seen`).
--
-- Such a verb first locks the definition's row, and the run's where it needs that, and then does the following in this order:
-- 1. It judges the caller. Who may not see or do this ends here, and has changed nothing.
-- 2. It reads the clock once, after the last lock: `v_now`. A verb that has to look for the definitions that it locks, such as a
--    sweep, finds them at an instant of its own with another name, and judges them again at `v_now`.
-- 3. It asks how the queue stands (`queue_state`). If time has done something, it ends the definition's runs that are overdue or
--    superseded, and lets those join the queue whose instant has come (`end_overdue_runs`).
-- 4. It does its work, or refuses it because of the state of the run or of the definition.
-- 5. It gives each free slot to the next run of the queue (`promote_next_runs`), on every way out from here.
-- 6. It answers by `answer_with`, to which it hands the runs that it has changed.
--
-- In a VOLATILE plpgsql function each statement has its own snapshot, which contains all that was committed before the
-- statement began. So a statement after the lock sees all that the previous holder of the lock did.

-- The runs in the queue of a definition that have not expired at an instant. It returns whole rows, so that `concurrency_key` keeps
-- the collation of its column, without which its index cannot be searched.
create or replace function public.waiting_runs(p_definition_id uuid, p_now timestamptz) returns setof public.workflow_runs
language sql stable as $$
  select r.*
  from public.workflow_runs r
  where r.workflow_definition_id = p_definition_id and r.status = 'PENDING' and r.queue_position is not null
    and public.is_unexpired(r.deadline_at, p_now)
$$;

-- The first run of a definition's queue that has not expired: one row, or none. When very many expire at the same instant, they may
-- stand at the front until that is recorded, which the sweep does at once. So it looks at the first 100 places: if all of these have
-- expired, nothing starts until then.
create or replace function public.first_waiting_run(p_definition_id uuid, p_now timestamptz) returns table (id uuid)
language sql stable as $$
  select front.id
  from (
    select r.id, r.queue_position, r.deadline_at
    from public.workflow_runs r
    where r.workflow_definition_id = p_definition_id and r.status = 'PENDING' and r.queue_position is not null
    order by r.queue_position
    limit 100
  ) front
  where public.is_unexpired(front.deadline_at, p_now)
  order by front.queue_position
  limit 1
$$;

-- The runs of a definition that have joined its queue, behind those of `waiting_runs`, without that being recorded. Readers see such
-- runs, and verbs only when there are more than they record in one call.
create or replace function public.joining_runs(p_definition_id uuid, p_now timestamptz) returns setof public.workflow_runs
language sql stable as $$
  select r.*
  from public.workflow_runs r
  where r.workflow_definition_id = p_definition_id and r.not_before <= p_now and public.joins_or_expires(r, p_now)
    and public.is_unexpired(r.deadline_at, p_now)
$$;

-- The PENDING runs of a definition that have expired without that being recorded.
create or replace function public.expired_runs(p_definition_id uuid, p_now timestamptz) returns setof public.workflow_runs
language sql stable as $$
  select r.*
  from public.workflow_runs r
  where r.workflow_definition_id = p_definition_id and public.is_expired(r, p_now)
$$;

-- The `not_before` of a run that joins the queue of a definition now. Usually null, since it gets its place at once. When there are
-- `joining_runs`, it is now, in the precision of the column: then it joins behind them, as one of them.
create or replace function public.joins_behind(p_definition_id uuid, p_now timestamptz) returns timestamptz
language plpgsql stable as $$
begin
  -- In this order they are looked for in their index, and not among all that wait.
  return (
    select date_trunc('milliseconds', p_now)
    from public.joining_runs(p_definition_id, p_now) joining
    order by joining.not_before
    limit 1);
end $$;

-- Lets PENDING runs of locked definitions whose instant has come join their queues, at the end, in the order of their instants. There may
-- be very many of them: `end_overdue_runs` passes only some, and the others are due at once. A suspended run resumes, at the place that it
-- had. So `updated_at` of a run in its queue is since when it waits. A run that is still to be superseded must not get a place behind the run
-- that supersedes it. So as long as a definition has such runs, none joins: see `supersede.sql`.
create or replace function public.join_queues(p_run_ids uuid[]) returns void
language plpgsql as $$
declare
  v_resumed_ids uuid[];
begin
  -- `joining` is made once, in its order: as a subquery of the update, it could be computed anew for each row, in the order of the table.
  with joining as materialized (
    select ordered.id, ordered.suspended_at, public.place_by_priority(coalesce(
        case when ordered.suspended_at is not null then public.kept_place(ordered.id, ordered.attempt) end,
        nextval('public.workflow_run_queue')), ordered.priority) as queue_position
    from (
      select r.id, r.attempt, r.suspended_at, r.priority
      from public.workflow_runs r
      where r.id = any (p_run_ids) and r.status = 'PENDING'
        and not exists (select from public.supersessions s where s.workflow_definition_id = r.workflow_definition_id)
      order by r.not_before, r.created_at, r.id
    ) ordered
  ),
  joined as (
    update public.workflow_runs r
    set not_before = null, suspended_at = null, queue_position = joining.queue_position,
      updated_at = greatest(r.updated_at, r.not_before)
    from joining
    where r.id = joining.id
    returning r.id, joining.suspended_at
  )
  select array_agg(joined.id) filter (where joined.suspended_at is not null) into v_resumed_ids from joined;
  if v_resumed_ids is not null then
    perform public.close_waits(v_resumed_ids);
  end if;
end $$;

-- Lets a PENDING run of a locked definition join its queue at this instant instead of at its own. It comes behind all whose instant
-- has come.
create or replace function public.join_queue_now(p_run_id uuid, p_definition_id uuid, p_now timestamptz) returns void
language plpgsql as $$
declare
  v_joins_behind constant timestamptz := public.joins_behind(p_definition_id, p_now);
begin
  update public.workflow_runs r set not_before = date_trunc('milliseconds', p_now) where r.id = p_run_id;
  if v_joins_behind is null then
    perform public.join_queues(array[p_run_id]);
  end if;
end $$;

-- Places in a queue are counted up to this: to count those of a million runs would take half a second for each read.
create or replace function public.most_places() returns integer
language sql immutable as $$
  select 1000
$$;

-- The place in its queue of a PENDING run: 1 for the run that is next. When keys take turns, each key has a queue of its own. Null
-- for a run that has not joined the queue yet. One more than `most_places` stands for each
-- place behind these, and for that of a run before which so many others join that this is not recorded yet.
create or replace function public.place_in_queue(
  p_definition_id uuid, p_key text, p_queue_position bigint, p_run_id uuid default null,
  p_now timestamptz default statement_timestamp()
) returns bigint
language plpgsql stable as $$
declare
  c_most constant integer := public.most_places() + 1;
  v_position bigint := p_queue_position;
  v_priority integer := public.priority_at(p_queue_position);
  v_not_before timestamptz;
  v_created_at timestamptz;
  v_takes_turns boolean;
  v_place bigint;
begin
  if p_queue_position is null then
    -- All that have joined are before it, except those with a lower priority.
    select public.place_by_priority(0, r.priority - 1), r.priority, r.not_before, r.created_at
    into v_position, v_priority, v_not_before, v_created_at
    from public.workflow_runs r
    where r.id = p_run_id and r.not_before <= p_now;
    if not found then
      return null;
    end if;
  end if;
  v_takes_turns := exists (
    select from public.workflow_definitions d where d.id = p_definition_id and d.max_running_per_key is not null);
  if v_takes_turns then
    v_place := (
      select count(*)
      from (
        select from public.waiting_runs(p_definition_id, p_now) ahead
        where ahead.concurrency_key = p_key and ahead.queue_position <= v_position
        order by ahead.queue_position
        limit c_most
      ) ahead);
  else
    v_place := (
      select count(*)
      from (
        select from public.waiting_runs(p_definition_id, p_now) ahead
        where ahead.queue_position <= v_position
        order by ahead.queue_position
        limit c_most
      ) ahead);
  end if;
  if v_place = c_most then
    return v_place;
  end if;
  -- Of some runs, perhaps of this one, the instant may have come without a verb having recorded that. It looks at the first of them: when
  -- this one is behind these, it says so until they have joined.
  return (
    select case
      when p_queue_position is null and count(*) = c_most and not bool_or(ahead.id = p_run_id) then c_most
      else least(c_most, v_place + count(*) filter (where
        (not v_takes_turns or ahead.concurrency_key = p_key)
          and (ahead.priority > v_priority or p_queue_position is null and ahead.priority = v_priority
            and (ahead.not_before, ahead.created_at, ahead.id) <= (v_not_before, v_created_at, p_run_id)))) end
    from (
      select r.id, r.concurrency_key, r.priority, r.not_before, r.created_at
      from public.joining_runs(p_definition_id, p_now) r
      order by r.not_before, r.created_at, r.id
      limit c_most
    ) ahead);
end $$;

-- How many other keys take their turn before the next turn of this key. Null for a definition whose keys take no turns. They are the keys of
-- `waiting_runs` that have room, in the order of `next_turn`: from the key after the one that started last. It counts up to 1,000, each by
-- one jump in the index.
create or replace function public.keys_before(p_definition_id uuid, p_key text, p_now timestamptz) returns integer
language plpgsql stable as $$
declare
  c_most constant integer := 1000;
  c_last_position constant bigint := 9223372036854775807;
  v_key text collate "C";
  v_next text collate "C";
  v_per_key integer;
  v_full_keys text[];
  v_position bigint;
  -- Its turn comes in the second round, after the keys behind the one that started last.
  v_is_in_second_round boolean;
  v_count integer := 0;
begin
  select slots.per_key, coalesce(slots.last_key, ''), case when slots.last_key is null then public.before_all_places() else c_last_position end,
    coalesce(p_key collate "C" <= slots.last_key, false), coalesce(slots.full_keys, '{}')
  into v_per_key, v_key, v_position, v_is_in_second_round, v_full_keys
  from public.slots_of(p_definition_id, p_now) slots;
  if v_per_key is null then
    return null;
  end if;
  while v_count < c_most loop
    v_next := (
      select waiting.concurrency_key
      from public.waiting_runs(p_definition_id, p_now) waiting
      where (waiting.concurrency_key, waiting.queue_position) > (v_key, v_position)
      order by waiting.concurrency_key, waiting.queue_position
      limit 1);
    if v_next is null and v_is_in_second_round then
      v_is_in_second_round := false;
      v_key := '';
      v_position := public.before_all_places();
      continue;
    end if;
    exit when v_next is null or v_next >= p_key and not v_is_in_second_round;
    v_key := v_next;
    v_position := c_last_position;
    if v_next <> all (v_full_keys) then
      v_count := v_count + 1;
    end if;
  end loop;
  return v_count;
end $$;

-- The runs of a definition with which a new one competes: those that are RUNNING, and all that are PENDING, also in a back-off or because
-- no runner asks for them, except delayed ones, whose `start_after` has not come, suspended ones, and those that have expired without that
-- being recorded. With `p_key`, only those with this concurrency key. It returns whole rows for the same reason as `waiting_runs`. Each
-- of its parts is read by an index of its own, so the cost does not grow with the number of delayed and suspended runs.
create or replace function public.competing_runs(p_definition_id uuid, p_now timestamptz, p_key text default null)
returns setof public.workflow_runs
language sql stable as $$
  select running.*
  from public.workflow_runs running
  where running.workflow_definition_id = p_definition_id and running.status = 'RUNNING'
    and (p_key is null or running.concurrency_key = p_key)
  union all
  select waiting.* from public.waiting_runs(p_definition_id, p_now) waiting where p_key is null
  union all
  select waiting.* from public.waiting_runs(p_definition_id, p_now) waiting where waiting.concurrency_key = p_key
  union all
  -- For this order see `joins_behind`.
  (
    select joining.* from public.joining_runs(p_definition_id, p_now) joining
    where p_key is null or joining.concurrency_key = p_key
    order by joining.not_before
  )
  union all
  select backing_off.*
  from public.workflow_runs backing_off
  where backing_off.workflow_definition_id = p_definition_id and backing_off.status = 'PENDING' and backing_off.queue_position is null
    and backing_off.attempt > 1 and backing_off.suspended_at is null and backing_off.not_before > p_now
    and (p_key is null or backing_off.concurrency_key = p_key)
$$;

-- May so many more runs wait in the queue of a definition, of which `p_max_queued` (null: any number) may wait? Below 1, always: the
-- queue does not grow. Returns {}, or {"refused": "queue_full", "max_queued"}.
create or replace function public.judge_queue(
  p_definition_id uuid, p_max_queued integer, p_more bigint, p_now timestamptz
) returns jsonb
language plpgsql stable as $$
begin
  if p_max_queued is not null and p_more > 0 and p_max_queued - p_more < (
    select count(*)
    from (
      select from public.competing_runs(p_definition_id, p_now) competing
      where competing.status = 'PENDING'
      limit p_max_queued
    ) waiting) then
    return jsonb_build_object('refused', 'queue_full', 'max_queued', p_max_queued);
  end if;
  return '{}';
end $$;
