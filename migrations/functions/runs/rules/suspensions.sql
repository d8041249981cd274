-- Suspended runs. A RUNNING run suspends itself when it needs something that may take long. Then its attempt ends, but the run does not:
-- it holds no slot, no lease and no runner.
--
-- 1. `suspend_run` inserts a row into `run_suspensions` for the attempt, and one into `run_waits` for each thing that the run waits for: an
--    answer to a question, an instant, its children, or a signal (`signals.sql`). It puts the run back with its next attempt (`put_back`):
--    PENDING, outside of its queue, with `suspended_at`.
-- 2. The row of the run has one of two instants (`resume_instants`): `not_before`, when it resumes by itself, or `deadline_at`, when it is
--    FAILED as WAIT_EXPIRED. Both are facts, as for any PENDING run. When the last answer or signal comes, the run joins its queue
--    in the same transaction (`resume_if_complete`). It joins at the place that it had (`join_queues`), and starts as the next attempt.
-- 3. That attempt gets the outcomes (`resume_of`). A handler that begins anew asks the same again, and gets the outcomes at once: the key
--    of a wait identifies it for good in its run.
--
-- `suspended_at` counts while a run is PENDING. A FAILED run that has it was suspended when it ended.

-- True for a run that is suspended at an instant. `p_status` is its status of `run_as_seen` then.
create or replace function public.is_suspended(
  p_status text, p_suspended_at timestamptz, p_not_before timestamptz, p_now timestamptz
) returns boolean
language sql immutable as $$
  select p_status = 'PENDING' and p_suspended_at is not null and (p_not_before is null or p_not_before > p_now)
$$;

-- The suspended runs of a definition, and with `p_key` only those with this concurrency key. Their attempt is above 1, and the condition says
-- so for the sake of their index.
create or replace function public.suspended_runs(p_definition_id uuid, p_now timestamptz, p_key text default null)
returns setof public.workflow_runs
language sql stable as $$
  select r.*
  from public.workflow_runs r
  where r.workflow_definition_id = p_definition_id and r.status = 'PENDING' and r.queue_position is null
    and r.attempt > 1 and r.suspended_at is not null
    and public.is_suspended(r.status, r.suspended_at, r.not_before, p_now) and public.is_unexpired(r.deadline_at, p_now)
    and (p_key is null or r.concurrency_key = p_key)
$$;

-- What has become of a wait at an instant; null while it is open:
--   answered   a person, or whoever may, has answered the question
--   elapsed    the instant of the timer has come
--   ended      the children have ended, or with `fail_fast` one of them has failed
--   received   the run has got the signal
--   timed_out  the time of the suspension was over before, and the run went on without it
create or replace function public.wait_outcome(w public.run_waits, p_now timestamptz) returns text
language sql immutable as $$
  select case
    when w.value is not null then 'answered'
    when w.received_at is not null then 'received'
    when w.due_at <= least(w.times_out_at, p_now) then case w.kind when 'children' then 'ended' else 'elapsed' end
    when w.times_out_at <= p_now then 'timed_out'
  end
$$;

-- When a wait that has an outcome got it.
create or replace function public.wait_came_at(w public.run_waits) returns timestamptz
language sql immutable as $$
  select coalesce(w.answered_at, w.received_at, least(w.due_at, w.times_out_at))
$$;

-- When all waits of a suspension had come, so that its run joined the queue. Null before that, and after a retry that has deleted one of them.
create or replace function public.all_came_at(p_run_id uuid, p_keys text[], p_now timestamptz) returns timestamptz
language plpgsql stable as $$
begin
  return (
    select case when count(*) = cardinality(p_keys) then max(public.wait_came_at(w)) end
    from public.run_waits w
    where w.run_id = p_run_id and w.key = any (p_keys) and public.wait_outcome(w, p_now) is not null);
end $$;

-- Those of the waits of a run with these keys that have an outcome, by their keys: {key: {"kind", "outcome", "at", and of an answer "value",
-- "comment", "user_id", of a signal "signal_id", "payload": JSON as text}}.
create or replace function public.wait_outcomes(p_run_id uuid, p_keys text[], p_now timestamptz) returns jsonb
language plpgsql stable as $$
begin
  return (
    select coalesce(jsonb_object_agg(w.key,
      jsonb_build_object('kind', w.kind, 'outcome', come.outcome, 'at', public.wire_instant(public.wait_came_at(w)))
      || case come.outcome
        when 'answered' then jsonb_build_object('value', w.value, 'comment', w.comment, 'user_id', w.user_id)
        when 'received' then jsonb_build_object('signal_id', w.signal_id, 'payload', w.payload::text)
        else '{}'
      end), '{}')
    from public.run_waits w
    cross join lateral public.wait_outcome(w, p_now) come (outcome)
    where w.run_id = p_run_id and w.key = any (p_keys) and come.outcome is not null);
end $$;

-- What an attempt after the first one gets: {"outcomes": those of the last suspension before it, see `wait_outcomes`, "checkpoints": how many
-- the run has}. Null when the outcomes are too large for a dispatch: then the runner asks for them (`find_resume`). It asks
-- `clock_timestamp()`: the statement that starts the run may have begun before the instant at which its wait ended.
create or replace function public.resume_of(p_run_id uuid, p_attempt integer) returns jsonb
language plpgsql stable as $$
declare
  c_most_bytes constant integer := 262144;
  v_keys constant text[] := (
    select s.keys from public.run_suspensions s
    where s.run_id = p_run_id and s.attempt < p_attempt
    order by s.attempt desc
    limit 1);
  v_outcomes constant jsonb := case
    when v_keys is null then '{}' else public.wait_outcomes(p_run_id, v_keys, clock_timestamp()) end;
begin
  return case when octet_length(v_outcomes::text) <= c_most_bytes then jsonb_build_object('outcomes', v_outcomes,
    'checkpoints', (select count(*) from public.run_checkpoints c where c.run_id = p_run_id)) end;
end $$;

-- When the run that this attempt has suspended resumes by itself, or when it fails: one row, of which one is null. It resumes by itself
-- when no question or signal is open and no child is unfinished: when its last timer is due, or at once. Otherwise it goes on, or fails, when
-- its time is over.
create or replace function public.resume_instants(p_run_id uuid, p_attempt integer, p_now timestamptz)
returns table (not_before timestamptz, deadline_at timestamptz)
language sql stable as $$
  select
    case when needs.at <= s.ends_at then needs.at when s.on_timeout = 'continue' then s.ends_at end,
    case when needs.at > s.ends_at and s.on_timeout = 'fail' then s.ends_at end
  from public.run_suspensions s
  cross join lateral (
    select coalesce(
      max(case when w.due_at is null then 'infinity' else w.due_at end), date_trunc('milliseconds', p_now)) as at
    from public.run_waits w
    where w.run_id = s.run_id and w.key = any (s.keys) and public.wait_outcome(w, p_now) is null
  ) needs
  where s.run_id = p_run_id and s.attempt = p_attempt
$$;

-- The place in the queue that a suspended run had, and gets again, if its priority is the same. Null when it had none.
create or replace function public.kept_place(p_run_id uuid, p_attempt integer) returns bigint
language plpgsql stable as $$
begin
  return (
    select s.queue_position from public.run_suspensions s where s.run_id = p_run_id and s.attempt = p_attempt - 1);
end $$;

-- Records that these runs get no answers and no signals any more, since they have resumed or ended.
create or replace function public.close_waits(p_run_ids uuid[]) returns void
language plpgsql as $$
begin
  update public.run_waits w set is_open = false where w.run_id = any (p_run_ids) and w.is_open;
end $$;

-- May the attempt of a run ask for these waits, [{"key", "kind", …}]? Returns {}, or {"refused"} which is one of:
--   other_kind  with "key" and "kind": an earlier attempt has asked for another kind with this key
--   too_many    with "limit": so many waits, or suspensions, a run may have; with "kind", so many of this kind. When all has come already,
--               there is no further suspension.
create or replace function public.judge_waits(p_run_id uuid, p_waits jsonb, p_now timestamptz) returns jsonb
language plpgsql stable as $$
declare
  c_most constant integer := 1000;
  -- With these, all that a run has got has at most 4 MiB.
  c_most_signals constant integer := 128;
  v_key text;
  v_kind text;
  v_known integer;
  v_come integer;
begin
  select min(w.key) filter (where w.kind <> asked.value ->> 'kind'), count(*),
    count(*) filter (where public.wait_outcome(w, p_now) is not null)
  into v_key, v_known, v_come
  from jsonb_array_elements(p_waits) asked (value)
  join public.run_waits w on w.run_id = p_run_id and w.key = asked.value ->> 'key';
  if v_key is not null then
    select w.kind into v_kind from public.run_waits w where w.run_id = p_run_id and w.key = v_key;
    return jsonb_build_object('refused', 'other_kind', 'key', v_key, 'kind', v_kind);
  end if;
  return case
    when jsonb_path_exists(p_waits, '$[*] ? (@.kind == "signal")') and c_most_signals < (
        select count(*)
        from (
          select w.key from public.run_waits w where w.run_id = p_run_id and w.kind = 'signal'
          union
          select asked.value ->> 'key' from jsonb_array_elements(p_waits) asked (value) where asked.value ->> 'kind' = 'signal'
        ) signal)
      then jsonb_build_object('refused', 'too_many', 'limit', c_most_signals, 'kind', 'signal')
    when greatest(
        (select count(*) from public.run_suspensions s where s.run_id = p_run_id)
          + case when v_come < jsonb_array_length(p_waits) then 1 else 0 end,
        (select count(*) from public.run_waits w where w.run_id = p_run_id) + jsonb_array_length(p_waits) - v_known) > c_most
      then jsonb_build_object('refused', 'too_many', 'limit', c_most)
    else '{}'
  end;
end $$;

-- Stores the waits that an attempt asks for. Those that have come stay as they are, and an open one gets the new text. A timer keeps its
-- first instant. A signal that names no correlation has the run's id. `p_times_out_at` is when the run goes on without those that are open;
-- null when it fails then.
create or replace function public.store_waits(
  p_tenant_id uuid, p_run_id uuid, p_definition_id uuid, p_waits jsonb, p_times_out_at timestamptz, p_now timestamptz
) returns void
language plpgsql as $$
begin
  update public.run_waits w set is_open = false
  where w.run_id = p_run_id and w.is_open and public.wait_outcome(w, p_now) is not null;
  insert into public.run_waits as w (
    tenant_id, run_id, workflow_definition_id, key, kind, prompt, choices, answer_by, people_only, child_run_ids, fail_fast, due_at,
    times_out_at, asked_at, name, correlation)
  select p_tenant_id, p_run_id, p_definition_id, asked.value ->> 'key', asked.value ->> 'kind', asked.value ->> 'prompt',
    case when asked.value ? 'choices' then array(select jsonb_array_elements_text(asked.value -> 'choices')) end,
    coalesce(asked.value -> 'by', '{}'), coalesce((asked.value ->> 'people_only')::boolean, true), child.ids, child.fail_fast,
    -- Truncated to milliseconds like the column: if it were rounded up, an instant of now would not have come yet.
    date_trunc('milliseconds', coalesce(
      (asked.value ->> 'at')::timestamptz, p_now + make_interval(secs => (asked.value ->> 'seconds')::float8),
      case when child.ids is not null and public.children_have_ended(p_run_id, child.ids, child.fail_fast) then p_now end)),
    p_times_out_at, p_now, asked.value ->> 'name',
    case when asked.value ->> 'kind' = 'signal' then coalesce(asked.value ->> 'correlation', p_run_id::text) end
  from jsonb_array_elements(p_waits) with ordinality asked (value, place)
  cross join lateral (
    select case when asked.value ->> 'kind' = 'children' then public.children_named(p_run_id, asked.value) end as ids,
      coalesce((asked.value ->> 'fail_fast')::boolean, false) as fail_fast
  ) child
  order by asked.place
  on conflict (run_id, key) do update
  set prompt = excluded.prompt, choices = excluded.choices, answer_by = excluded.answer_by, people_only = excluded.people_only,
    child_run_ids = excluded.child_run_ids, fail_fast = excluded.fail_fast,
    due_at = case w.kind when 'children' then excluded.due_at else w.due_at end, times_out_at = excluded.times_out_at, is_open = true,
    name = excluded.name, correlation = excluded.correlation
  where public.wait_outcome(w, p_now) is null;
end $$;

-- Deletes what a retry by a person begins anew: the waits of a run that have not come, and those for children, of which it triggers those
-- again that have failed. Answers stay, signals, and timers that have elapsed.
create or replace function public.forget_open_waits(p_run_id uuid, p_now timestamptz) returns void
language plpgsql as $$
begin
  delete from public.run_waits w
  where w.run_id = p_run_id and coalesce(public.wait_outcome(w, p_now), 'timed_out') in ('timed_out', 'ended');
end $$;

-- An open question, or one that was answered, as the API shows it.
create or replace function public.wait_response(p_run_id uuid, p_key text) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object('run_id', w.run_id, 'key', w.key, 'workflow_definition_id', w.workflow_definition_id,
      'workflow_name', r.run_snapshot ->> 'workflow_name', 'prompt', w.prompt, 'choices', w.choices, 'by', w.answer_by,
      'people_only', w.people_only, 'asked_at', public.wire_instant(w.asked_at),
      'ends_at', public.wire_instant(s.ends_at), 'on_timeout', s.on_timeout, 'note', s.note,
      'answer', case when w.value is not null then jsonb_build_object('value', w.value, 'comment', w.comment,
        'user_id', w.user_id, 'at', public.wire_instant(w.answered_at)) end)
    from public.run_waits w
    join public.workflow_runs r on r.id = w.run_id
    left join lateral (
      select s.ends_at, s.on_timeout, s.note from public.run_suspensions s
      where s.run_id = w.run_id and w.key = any (s.keys)
      order by s.attempt desc
      limit 1
    ) s on true
    where w.run_id = p_run_id and w.key = p_key);
end $$;

-- The open waits of a suspended run, for those who want to know why it waits: {"since", "ends_at", "on_timeout", "note", "waits": [{"key",
-- "kind", "prompt", "due_at", "name", "correlation", "children": {"total", "ended"} of these, and null of other kinds}]}. Null for a run that is
-- not suspended at this instant.
create or replace function public.suspension_of(p_run_id uuid, p_now timestamptz) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object('since', public.wire_instant(r.suspended_at), 'ends_at', public.wire_instant(s.ends_at),
      'on_timeout', s.on_timeout, 'note', s.note, 'waits', (
        select coalesce(jsonb_agg(jsonb_build_object('key', w.key, 'kind', w.kind, 'prompt', w.prompt,
          'due_at', public.wire_instant(w.due_at), 'name', w.name, 'correlation', w.correlation, 'children',
          case when w.kind = 'children' then (
            select jsonb_build_object('total', c.total, 'ended', c.ended)
            from public.count_ends_of_children(r.id, w.child_run_ids) c) end) order by asked.place), '[]')
        from unnest(s.keys) with ordinality asked (key, place)
        join public.run_waits w on w.run_id = r.id and w.key = asked.key
        where public.wait_outcome(w, p_now) is null))
    from public.workflow_runs r
    cross join lateral public.run_as_seen(r, p_now) seen
    join public.run_suspensions s on s.run_id = r.id and s.attempt = r.attempt - 1
    where r.id = p_run_id and public.is_suspended(seen.status, r.suspended_at, r.not_before, p_now));
end $$;
