-- The attempt after one that has ended: automatic retries, retries by a person, and runs that are given back.

-- How often runners gave a run back.
create or replace function public.count_releases(p_run_id uuid) returns integer
language plpgsql stable as $$
begin
  return (select count(*) from public.workflow_run_events e where e.run_id = p_run_id and e.type = 'RELEASED');
end $$;

-- How many attempts of a run do not count for its policy, since they have not failed: a runner gave the run back, or suspended it.
create or replace function public.count_not_failed(p_run_id uuid) returns integer
language plpgsql stable as $$
begin
  return (
    select count(*) from public.workflow_run_events e where e.run_id = p_run_id and e.type in ('RELEASED', 'SUSPENDED'));
end $$;

-- True when the policy of a definition retries a run whose attempt failed for this reason: see `count_not_failed`.
create or replace function public.policy_retries(
  p_definition_id uuid, p_failure_code text, p_run_id uuid, p_attempt integer
) returns boolean
language plpgsql stable as $$
begin
  return exists (
    select from public.workflow_definitions d
    where d.id = p_definition_id and p_failure_code = any (d.retry_on)
      and p_attempt - public.count_not_failed(p_run_id) < d.max_attempts);
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

-- Puts those of the FAILED runs back that their policies retry. The caller must hold the locks of their definitions, and pass
-- only runs that nobody has asked to stop. Permissions are not checked again: the run was permitted when it was triggered, and
-- its snapshot is the same. If the definition is paused, or no longer has a runner, the run waits in the queue. The back-off lasts
-- `p_after_seconds` at least, if the runner has said that. Returns what `put_back` does.
create or replace function public.retry_by_policy(p_run_ids uuid[], p_now timestamptz, p_after_seconds integer default null)
returns jsonb
language plpgsql as $$
begin
  return public.put_back(array(
    select r.id from public.workflow_runs r
    where r.id = any (p_run_ids) and r.status = 'FAILED'
      and public.policy_retries(r.workflow_definition_id, r.failure_code, r.id, r.attempt)), p_now, 'retry',
    jsonb_strip_nulls(jsonb_build_object('automatic', true, 'after_seconds', p_after_seconds)));
end $$;

-- Puts runs back with their next attempts, each with an event. `p_event` is one of `next_status`:
-- - 'retry': FAILED runs, at the end of their queues. The event RETRIED has `p_detail`: {"user_id"}, or {"automatic": true,
--   "after_seconds"?}, with which each run waits for a back-off, or for what the runner has asked for and up to a fifth more, before it
--   joins the queue.
-- - 'release': RUNNING runs, at their old places. The event is RELEASED. From the third time on that a run is given back, it waits
--   for a back-off, and then joins the queue at its end.
-- - 'suspend': RUNNING runs, outside of their queues, with the event SUSPENDED, which has `p_detail`. See `suspensions.sql`.
-- It sets `random_page_cost` for the same reason as `record_ends`. Returns the runs: see `changed_run`.
create or replace function public.put_back(
  p_run_ids uuid[], p_now timestamptz, p_event text, p_detail jsonb default '{}'
) returns jsonb
language plpgsql set random_page_cost = 1 as $$
declare
  -- How often a run can be given back without a back-off.
  c_free_releases constant integer := 2;
  v_runs jsonb;
begin
  with put_back as (
    update public.workflow_runs r
    set status = public.next_status(r.status, p_event), attempt = r.attempt + 1,
      slot_no = null, key_slot_no = null, started_at = null, completed_at = null, error = null,
      failure_code = null, output = null, summary = null, artifacts = null, ended_by = null, next_dispatch_at = null,
      dispatch_count = 0, dispatch_error = null, dispatched_at = null, updated_at = p_now,
      suspended_at = case p_event when 'suspend' then p_now end,
      (not_before, deadline_at, queue_position) = (
        select coalesce(back_off.ends_at, place.joins_behind, resume.not_before), resume.deadline_at, case
            when p_event = 'suspend' or num_nonnulls(back_off.ends_at, place.joins_behind) > 0 then null
            when place.is_kept then r.queue_position
            else public.place_by_priority(nextval('public.workflow_run_queue'), r.priority)
          end
        from (
          select p_now + make_interval(secs => case
            when p_detail ? 'after_seconds' then (p_detail ->> 'after_seconds')::integer * (1 + 0.2 * random())
            when p_detail ? 'automatic' then public.back_off_seconds(r.attempt - public.count_not_failed(r.id), random())
            when p_event = 'release' and public.count_releases(r.id) >= c_free_releases
              then public.back_off_seconds(public.count_releases(r.id) + 1 - c_free_releases, random())
          end) as ends_at
        ) back_off
        cross join lateral (
          select kept.is_kept, case
              when p_event <> 'suspend' and back_off.ends_at is null and not kept.is_kept
                then public.joins_behind(r.workflow_definition_id, p_now)
            end as joins_behind
          from (select p_event = 'release' and r.queue_position is not null as is_kept) kept
        ) place
        left join lateral public.resume_instants(r.id, r.attempt, p_now) resume on p_event = 'suspend')
    where r.id = any (p_run_ids)
    returning r.tenant_id, r.id, r.workflow_definition_id, r.attempt, r.not_before, r.deadline_at
  ), forgotten as (
    delete from public.running_attempts a using put_back where a.run_id = put_back.id
  ), recorded as (
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select tenant_id, id, attempt,
      case p_event when 'release' then 'RELEASED' when 'suspend' then 'SUSPENDED' else 'RETRIED' end, p_now,
      nullif(p_detail || case
        when not_before is not null and p_event <> 'suspend' then jsonb_build_object('not_before', public.wire_instant(not_before)) else '{}'
      end, '{}')
    from put_back
  )
  select jsonb_agg(public.changed_run(tenant_id, id, workflow_definition_id, p_event = 'suspend', least(not_before, deadline_at)))
  into v_runs
  from put_back;
  return v_runs;
end $$;
