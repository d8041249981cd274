-- Gives a RUNNING run back, because its runner shuts down. The run becomes PENDING again, with its next attempt and at its old
-- place in the queue, which is the first. The run token has proved which attempt of which run that is.
--
-- Guarantees:
-- - From then on all messages of the runner about the run are refused, as those of an older attempt.
-- - A run that was asked to stop does not start again: it becomes STOPPED now, as if the time of the stop were over.
-- - A runner that gives back all that it gets causes no endless loop: from the third time on, the run waits for a back-off.
--
-- Closes the race with any verb that ends the run: all of them hold the definition's lock.
--
-- Answers {"attempt": the run's new attempt, "dispatches"}, or {"refused", "dispatches"} where `refused` is one of: not_found,
-- other_attempt (with "attempt"), ended (with "status")
create or replace function public.release_run(
  p_run_id uuid, p_tenant_id uuid, p_attempt integer, p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- How often a run can be given back without a back-off.
  c_free_releases constant integer := 2;
  v_now timestamptz;
  v_definition_id uuid;
  v_releases integer;
  v_not_before timestamptz;
  v_answer jsonb;
begin
  -- 1. Lock the definition.
  v_definition_id := public.lock_definition_of_tenant_run(p_run_id, p_tenant_id);
  if v_definition_id is null then
    return '{"refused": "not_found", "dispatches": []}';
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one, then judge this one.
  perform public.end_overdue_runs(array[v_definition_id], v_now);
  v_answer := public.judge_attempt(p_run_id, p_attempt);

  -- 3. Give it back.
  if not v_answer ? 'refused' and exists (
    select from public.running_attempts a where a.run_id = p_run_id and a.stop_requested_at is not null) then
    -- Truncated to milliseconds like the column: if it were rounded up, the time would not be over yet.
    update public.running_attempts a
    set stop_ends_at = least(a.stop_ends_at, date_trunc('milliseconds', v_now))
    where a.run_id = p_run_id;
    perform public.end_overdue_runs(array[v_definition_id], v_now);
    v_answer := jsonb_build_object('attempt', p_attempt);
  elsif not v_answer ? 'refused' then
    v_releases := public.count_releases(p_run_id) + 1;
    if v_releases > c_free_releases then
      v_not_before := v_now + make_interval(secs => public.back_off_seconds(v_releases - c_free_releases, random()));
    end if;
    update public.workflow_runs r
    set status = public.next_status(r.status, 'release'), attempt = r.attempt + 1, started_at = null, deadline_at = null,
      next_dispatch_at = null, dispatch_count = 0, dispatch_error = null, dispatched_at = null, updated_at = v_now,
      not_before = v_not_before
    where r.id = p_run_id;
    delete from public.running_attempts a where a.run_id = p_run_id;
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    values (p_tenant_id, p_run_id, p_attempt + 1, 'RELEASED', v_now,
      case when v_not_before is not null then jsonb_build_object('not_before', public.wire_instant(v_not_before)) end);
    v_answer := jsonb_build_object('attempt', p_attempt + 1);
  end if;

  -- 4. Promote the next run.
  return v_answer || jsonb_build_object('dispatches',
    public.promote_next_runs(array[v_definition_id], v_now, p_grace_seconds, p_dispatch_lease_seconds));
end $$;
