-- The end of an attempt, and the next one: automatic retries, retries by a person, and runs that are given back.

-- Ends the current attempts of RUNNING or PENDING runs of locked definitions, each with an event. Without `p_event`, each run has
-- ended by time, and gets what `run_as_seen` says. Otherwise:
--   p_event         the event of `next_status`: 'complete', 'fail' or 'stop'
--   p_ended_by, p_failure_code, p_error, p_output, p_summary, p_artifacts   what the run gets
--   p_type, p_detail  the event that is inserted; the failure code is added to its detail
--   p_notes_taken   true when the end also proves that the runner has accepted the run: see `note_taken`
-- The runs that their policies retry are then put back: see `retry_by_policy`. Batches of which nothing is left end then, too: see
-- `end_batches`. Returns for each run how late it was ended, in milliseconds.
--
-- Usually it is one run, but a generic plan is made for ten. With the default costs, Postgres would then rather read all attempts
-- in progress than look ten up, when there are some thousands of them.
create or replace function public.end_attempts(
  p_run_ids uuid[], p_now timestamptz, p_event text default null, p_ended_by text default null, p_failure_code text default null,
  p_error text default null, p_type text default null, p_detail jsonb default null, p_output json default null,
  p_summary text default null, p_artifacts json default null, p_notes_taken boolean default false
) returns float8[]
language plpgsql set random_page_cost = 1 as $$
declare
  v_lags_ms float8[];
  v_failed_ids uuid[];
  v_definition_ids uuid[];
  v_batch_ids uuid[];
  v_status text;
  v_may_retry boolean;
  v_has_turn boolean;
  v_has_triggers boolean;
begin
  with ended as (
    update public.workflow_runs r
    set (status, completed_at, updated_at, error, failure_code, ended_by) = (
        select seen.status, seen.completed_at, seen.updated_at, seen.error, seen.failure_code,
          public.overdue_ended_by(seen.failure_code)
        from public.run_as_seen(r, p_now) seen
        where p_event is null
        union all
        select public.next_status(r.status, p_event), p_now, p_now, p_error, p_failure_code, p_ended_by
        where p_event is not null),
      dispatched_at = case when p_notes_taken then p_now else r.dispatched_at end,
      next_dispatch_at = null, not_before = null, slot_no = null, key_slot_no = null, output = p_output,
      summary = p_summary, artifacts = p_artifacts
    where r.id = any (p_run_ids)
    returning r.tenant_id, r.id, r.workflow_definition_id, r.attempt, r.status, r.dispatch_count, r.completed_at, r.failure_code,
      r.batch_id, round(extract(epoch from p_now - r.completed_at) * 1000)::float8 as lag_ms
  ), forgotten as (
    delete from public.running_attempts a
    using ended
    where a.run_id = ended.id
    returning a.run_id, a.stop_requested_at, a.stop_reason, a.stop_user_id
  ), attempts as (
    select ended.*, forgotten.stop_requested_at, forgotten.stop_reason, forgotten.stop_user_id
    from ended
    left join forgotten on forgotten.run_id = ended.id
  ), recorded as (
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select ended.tenant_id, ended.id, ended.attempt, 'DISPATCHED', p_now, jsonb_build_object('tries', ended.dispatch_count)
    from ended
    where p_notes_taken
    union all
    select a.tenant_id, a.id, a.attempt, coalesce(p_type, public.overdue_event(a.failure_code)), a.completed_at,
      case
        when a.failure_code is null then p_detail
        else coalesce(p_detail, '{}') || jsonb_build_object('failure_code', a.failure_code)
          || case when p_event is null then jsonb_build_object('lag_ms', a.lag_ms) else '{}' end
          || case when p_event is null and a.failure_code = 'STOPPED'
            then jsonb_build_object('reason', a.stop_reason, 'user_id', a.stop_user_id) else '{}' end
      end
    from attempts a
  )
  select coalesce(array_agg(a.lag_ms), '{}'),
    array_agg(a.id) filter (where a.failure_code is not null and a.stop_requested_at is null),
    array_agg(distinct a.workflow_definition_id), array_agg(a.batch_id) filter (where a.batch_id is not null), min(a.status)
  into v_lags_ms, v_failed_ids, v_definition_ids, v_batch_ids, v_status
  from attempts a;
  -- Most definitions retry nothing, most runs end like the run before them, and after most definitions nothing else runs. These cheap
  -- checks find that out first. All runs that end in one call have the same status.
  select bool_or(d.max_attempts > 1),
    bool_or(case
      when d.last_end is null then exists (select from public.endpoints_with_turns(d.tenant_id))
      else d.last_end <> v_status
    end),
    bool_or(exists (select from public.triggers t where t.of_definition_id = d.id))
  into v_may_retry, v_has_turn, v_has_triggers
  from public.workflow_definitions d
  where d.id = any (v_definition_ids);
  if v_may_retry and v_failed_ids is not null then
    perform public.retry_by_policy(v_failed_ids, p_now);
  end if;
  if v_has_turn then
    perform public.note_turns(p_run_ids);
  end if;
  if v_batch_ids is not null then
    perform public.end_batches(v_batch_ids, p_now);
  end if;
  if v_has_triggers then
    perform public.note_ends(p_run_ids, v_definition_ids, p_now);
  end if;
  return v_lags_ms;
end $$;

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

-- How often runners gave a run back.
create or replace function public.count_releases(p_run_id uuid) returns integer
language plpgsql stable as $$
begin
  return (select count(*) from public.workflow_run_events e where e.run_id = p_run_id and e.type = 'RELEASED');
end $$;

-- True when the policy of a definition retries a run whose attempt failed for this reason. An attempt that its runner gave back
-- has not failed, so it does not count.
create or replace function public.policy_retries(
  p_definition_id uuid, p_failure_code text, p_run_id uuid, p_attempt integer
) returns boolean
language plpgsql stable as $$
begin
  return exists (
    select from public.workflow_definitions d
    where d.id = p_definition_id and p_failure_code = any (d.retry_on)
      and p_attempt - public.count_releases(p_run_id) < d.max_attempts);
end $$;

-- Puts those of the FAILED runs back that their policies retry. The caller must hold the locks of their definitions, and pass
-- only runs that nobody has asked to stop. Permissions are not checked again: the run was permitted when it was triggered, and
-- its snapshot is the same. If the definition is paused, or no longer has a runner, the run waits in the queue.
create or replace function public.retry_by_policy(p_run_ids uuid[], p_now timestamptz) returns void
language plpgsql as $$
begin
  perform public.put_back(array(
    select r.id from public.workflow_runs r
    where r.id = any (p_run_ids) and r.status = 'FAILED'
      and public.policy_retries(r.workflow_definition_id, r.failure_code, r.id, r.attempt)), p_now, 'retry',
    '{"automatic": true}');
end $$;

-- Puts runs back with their next attempts, each with an event. `p_event` is one of `next_status`:
-- - 'retry': FAILED runs, at the end of their queues. The event RETRIED has `p_detail`: {"user_id"}, or {"automatic": true}, with
--   which each run waits for a back-off before it joins the queue.
-- - 'release': RUNNING runs, at their old places. The event is RELEASED. From the third time on that a run is given back, it waits
--   for a back-off, and then joins the queue at its end.
-- It looks attempts up for the same costs as `end_attempts`.
create or replace function public.put_back(
  p_run_ids uuid[], p_now timestamptz, p_event text, p_detail jsonb default '{}'
) returns void
language plpgsql set random_page_cost = 1 as $$
declare
  -- How often a run can be given back without a back-off.
  c_free_releases constant integer := 2;
begin
  with put_back as (
    update public.workflow_runs r
    set status = public.next_status(r.status, p_event), attempt = r.attempt + 1,
      slot_no = null, key_slot_no = null, started_at = null, deadline_at = null, completed_at = null, error = null,
      failure_code = null, output = null, summary = null, artifacts = null, ended_by = null, next_dispatch_at = null,
      dispatch_count = 0, dispatch_error = null, dispatched_at = null, updated_at = p_now,
      (not_before, queue_position) = (
        select coalesce(back_off.ends_at, place.joins_behind), case
            when num_nonnulls(back_off.ends_at, place.joins_behind) > 0 then null
            when place.is_kept then r.queue_position
            else nextval('public.workflow_run_queue')
          end
        from (
          select p_now + make_interval(secs => case
            when p_detail ? 'automatic' then public.back_off_seconds(r.attempt - public.count_releases(r.id), random())
            when p_event = 'release' and public.count_releases(r.id) >= c_free_releases
              then public.back_off_seconds(public.count_releases(r.id) + 1 - c_free_releases, random())
          end) as ends_at
        ) back_off
        cross join lateral (
          select kept.is_kept, case
              when back_off.ends_at is null and not kept.is_kept then public.joins_behind(r.workflow_definition_id, p_now)
            end as joins_behind
          from (select p_event = 'release' and r.queue_position is not null as is_kept) kept
        ) place)
    where r.id = any (p_run_ids)
    returning r.tenant_id, r.id, r.attempt, r.not_before
  ), forgotten as (
    delete from public.running_attempts a using put_back where a.run_id = put_back.id
  )
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select tenant_id, id, attempt, case p_event when 'release' then 'RELEASED' else 'RETRIED' end, p_now,
    nullif(p_detail || case
      when not_before is not null then jsonb_build_object('not_before', public.wire_instant(not_before)) else '{}'
    end, '{}')
  from put_back;
end $$;

-- True for a run that has ended by time (such as at its deadline), when that is not recorded yet, and when recording it will
-- put the run back.
create or replace function public.will_be_retried(p_run_id uuid, p_now timestamptz) returns boolean
language plpgsql stable as $$
begin
  return exists (
    select from public.workflow_runs r
    cross join lateral public.run_as_seen(r, p_now) seen
    left join public.running_attempts a on a.run_id = r.id
    where r.id = p_run_id and seen.is_overdue and a.stop_requested_at is null
      and public.policy_retries(r.workflow_definition_id, seen.failure_code, r.id, r.attempt));
end $$;

-- Records that the runner of a RUNNING run has accepted it, unless that is already recorded: by its answer to the dispatch
-- (`p_status` is the HTTP status), or by a message about the run. The caller must hold the lock of the run. Returns whether it
-- was recorded now.
create or replace function public.note_taken(p_run_id uuid, p_now timestamptz, p_status integer default null) returns boolean
language plpgsql as $$
begin
  with taken as (
    update public.workflow_runs r
    set dispatched_at = p_now, next_dispatch_at = null
    where r.id = p_run_id and r.dispatched_at is null
    returning r.tenant_id, r.id, r.attempt, r.dispatch_count
  )
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select tenant_id, id, attempt, 'DISPATCHED', p_now,
    jsonb_strip_nulls(jsonb_build_object('status', p_status, 'tries', dispatch_count))
  from taken;
  return found;
end $$;
