-- What the passing of time does to the runs of a definition: each verb that may change who holds its slots begins with this.

-- Records what has happened by time to the runs of locked definitions:
-- - It fails the overdue runs, each with an event: TIMED_OUT, LOST or STOPPED. The run and the event get the instant at which the
--   run ended: see `run_as_seen`. Returns for each run how late it was ended, in milliseconds.
-- - It ends the next of the runs that are still to be superseded: see `supersede.sql`.
-- - Runs whose `not_before` has come join their queues: see `join_queues`.
--
-- A queue may hold very many runs that expire at the same instant. It fails up to 1,000 of them, and the sweep the others. Those of
-- `p_run_ids`, which the verb is about, are always among them.
create or replace function public.end_overdue_runs(p_definition_ids uuid[], p_now timestamptz, p_run_ids uuid[] default null)
returns float8[]
language plpgsql as $$
declare
  c_most_expired constant integer := 1000;
  v_overdue_ids uuid[];
  v_expired_ids uuid[];
  v_joining_ids uuid[];
  v_supersedes boolean;
begin
  select array_agg(happened.id) filter (where happened.what = 'overdue'),
    array_agg(happened.id) filter (where happened.what = 'expired'),
    array_agg(happened.id) filter (where happened.what = 'joins'),
    bool_or(happened.what = 'supersedes')
  into v_overdue_ids, v_expired_ids, v_joining_ids, v_supersedes
  from (
    select r.id, 'overdue' as what
    from public.workflow_runs r
    where r.workflow_definition_id = any (p_definition_ids) and r.status = 'RUNNING'
      -- `run_ends_at` looks up the lease of a run. Most overdue runs have reached their deadlines, so the deadline is compared
      -- first, and most look-ups are not needed.
      and (r.deadline_at <= p_now or public.run_ends_at(r.id, r.status, r.deadline_at) <= p_now)
    union all
    select r.id, case when r.deadline_at <= p_now then 'expired' else 'joins' end
    from public.workflow_runs r
    where r.workflow_definition_id = any (p_definition_ids) and r.status = 'PENDING'
      and least(r.not_before, r.deadline_at) <= p_now
    union all
    select null, 'supersedes'
    from public.supersessions s
    where s.workflow_definition_id = any (p_definition_ids)
  ) happened;
  if v_supersedes then
    perform public.supersede_next(p_definition_ids, p_now, p_run_ids);
  end if;
  if v_joining_ids is not null then
    perform public.join_queues(v_joining_ids);
  end if;
  if cardinality(v_expired_ids) > c_most_expired then
    v_expired_ids := v_expired_ids[1:c_most_expired] || array(
      select other.id from unnest(v_expired_ids[c_most_expired + 1:]) other (id) where other.id = any (p_run_ids));
  end if;
  v_overdue_ids := v_overdue_ids || v_expired_ids;
  -- Nearly always there is nothing to end.
  if v_overdue_ids is null then
    return '{}';
  end if;
  return public.end_attempts(v_overdue_ids, p_now);
end $$;

-- Ends the next of the runs of locked definitions that are still to be superseded, and those of `p_run_ids` that are among them.
create or replace function public.supersede_next(p_definition_ids uuid[], p_now timestamptz, p_run_ids uuid[]) returns void
language plpgsql as $$
declare
  v_id uuid;
  v_definition_id uuid;
  v_group text;
  v_by_run_id uuid;
  v_user_id uuid;
  v_before_position bigint;
  v_at timestamptz;
  v_run_ids uuid[];
begin
  for v_id, v_definition_id, v_group, v_by_run_id, v_user_id, v_before_position, v_at in
    select s.id, s.workflow_definition_id, s.concurrency_key, s.run_id, s.user_id, s.before_position, s.superseded_at
    from public.supersessions s
    where s.workflow_definition_id = any (p_definition_ids)
  loop
    v_run_ids := array(
      select unfinished.id
      from public.unfinished_runs(v_definition_id, p_now, v_group) unfinished
      where unfinished.status = 'PENDING' and unfinished.id <> v_by_run_id and unfinished.updated_at <= v_at
        and (unfinished.queue_position < v_before_position
          or unfinished.queue_position is null and (unfinished.attempt > 1 or unfinished.not_before <= v_at))
      order by unfinished.id = any (p_run_ids) desc nulls last
      limit public.most_superseded() + 1);
    if cardinality(v_run_ids) <= public.most_superseded() then
      delete from public.supersessions s where s.id = v_id;
    end if;
    perform public.end_superseded(v_run_ids[1:public.most_superseded()], v_by_run_id, v_user_id, p_now);
  end loop;
end $$;
