-- Automatic retries. The policy of a definition says after which failures a run is retried automatically, and how many attempts
-- it may have in total. The verb that records such a failure puts the run back in the same transaction. An attempt that its
-- runner gave back (`release_run`) has not failed, so it does not count.

-- How often runners gave a run back.
create or replace function public.count_releases(p_run_id uuid) returns integer
language plpgsql stable as $$
begin
  return (select count(*) from public.workflow_run_events e where e.run_id = p_run_id and e.type = 'RELEASED');
end $$;

-- True when the policy of a definition retries a run whose attempt failed for this reason.
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
  perform public.put_back_failed_runs(array(
    select r.id from public.workflow_runs r
    where r.id = any (p_run_ids) and r.status = 'FAILED'
      and public.policy_retries(r.workflow_definition_id, r.failure_code, r.id, r.attempt)), p_now, true);
end $$;

-- How many seconds a run waits after a failed attempt that is retried automatically, and after the third time that it was given
-- back: 5 after the first, doubled after each further one, at most 5 minutes. Each is randomly changed by up to ±20 %, so that
-- runs that failed together do not start together. `p_random` is a number from 0 to 1.
create or replace function public.back_off_seconds(p_attempt integer, p_random float8) returns float8
language sql immutable as $$
  select least(5 * 2 ^ (p_attempt - 1), 300) * (0.8 + 0.4 * p_random)
$$;

-- Puts FAILED runs back at the end of their queues, with their next attempts. With `p_is_automatic`, each waits for a back-off
-- before it can start, which an event records.
create or replace function public.put_back_failed_runs(p_run_ids uuid[], p_now timestamptz, p_is_automatic boolean) returns void
language plpgsql as $$
begin
  with put_back as (
    update public.workflow_runs r
    set status = public.next_status(r.status, 'retry'), attempt = r.attempt + 1,
      queue_position = nextval('public.workflow_run_queue'), started_at = null, deadline_at = null, completed_at = null,
      error = null, failure_code = null, output = null, summary = null, artifacts = null, ended_by = null,
      dispatch_count = 0, dispatch_error = null, dispatched_at = null, updated_at = p_now,
      not_before = case when p_is_automatic
        then p_now + make_interval(secs => public.back_off_seconds(r.attempt - public.count_releases(r.id), random())) end
    where r.id = any (p_run_ids)
    returning r.tenant_id, r.id, r.attempt, r.not_before
  )
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select tenant_id, id, attempt, 'RETRIED', p_now,
    jsonb_build_object('automatic', true, 'not_before', public.wire_instant(not_before))
  from put_back
  where p_is_automatic;
end $$;

-- Ends the expired back-offs of PENDING runs of locked definitions. From now on these runs wait only for the slot or for a
-- runner that asks for work, and nothing of them is due any more.
create or replace function public.end_back_offs(p_definition_ids uuid[], p_now timestamptz) returns void
language plpgsql as $$
begin
  update public.workflow_runs r
  set not_before = null
  where r.workflow_definition_id = any (p_definition_ids) and r.status = 'PENDING' and r.not_before <= p_now;
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
