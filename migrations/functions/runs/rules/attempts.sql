-- The end of an attempt. What follows it is in `retries.sql`, `batches.sql`, `note_turns.sql` and `note_ends.sql`.

-- Records that the current attempts of RUNNING or PENDING runs of locked definitions have ended, as their runner or a user has said, each
-- with an event:
--   p_event         the event of `next_status`: 'complete', 'fail' or 'stop'
--   p_ended_by, p_failure_code, p_error, p_output, p_summary, p_artifacts   what the run gets
--   p_type, p_detail  the event that is inserted; the failure code is added to its detail
--   p_notes_taken   true when the end also proves that the runner has accepted the run: see `note_taken`
-- `follow_ends` does what follows.
--
-- Usually it is one run. Three statements on tables then take less time than one with queries that pass rows to each other.
-- A generic plan is made for ten runs. With the default costs, Postgres would then rather read all attempts in progress than look ten up,
-- when there are some thousands of them.
create or replace function public.record_ends(
  p_run_ids uuid[], p_now timestamptz, p_event text, p_ended_by text, p_failure_code text, p_error text, p_type text, p_detail jsonb,
  p_output json default null, p_summary text default null, p_artifacts json default null, p_notes_taken boolean default false
) returns void
language plpgsql set random_page_cost = 1 as $$
begin
  update public.workflow_runs r
  set status = public.next_status(r.status, p_event), completed_at = p_now, updated_at = p_now, error = p_error,
    failure_code = p_failure_code, ended_by = p_ended_by,
    dispatched_at = case when p_notes_taken then p_now else r.dispatched_at end,
    next_dispatch_at = null, not_before = null, slot_no = null, key_slot_no = null, output = p_output,
    summary = p_summary, artifacts = p_artifacts
  where r.id = any (p_run_ids);
  delete from public.running_attempts a where a.run_id = any (p_run_ids);
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select r.tenant_id, r.id, r.attempt, happened.type, p_now,
    case happened.type
      when 'DISPATCHED' then jsonb_build_object('tries', r.dispatch_count)
      else case
        when p_failure_code is null then p_detail
        else coalesce(p_detail, '{}') || jsonb_build_object('failure_code', p_failure_code)
      end
    end
  from public.workflow_runs r
  cross join unnest(case when p_notes_taken then array['DISPATCHED', p_type] else array[p_type] end) happened (type)
  where r.id = any (p_run_ids);
end $$;

-- Ends attempts by `record_ends`, and does what follows. Returns the runs: see `changed_run`.
create or replace function public.end_attempts(
  p_run_ids uuid[], p_now timestamptz, p_event text, p_ended_by text, p_failure_code text, p_error text, p_type text, p_detail jsonb
) returns jsonb
language plpgsql as $$
declare
  -- Nobody has asked these to stop.
  v_failed_ids constant uuid[] := case when p_event = 'fail' then array(
    select failed.id from unnest(p_run_ids) failed (id)
    where (select a.stop_requested_at from public.running_attempts a where a.run_id = failed.id) is null) end;
begin
  perform public.record_ends(p_run_ids, p_now, p_event, p_ended_by, p_failure_code, p_error, p_type, p_detail);
  return public.follow_ends(p_run_ids, v_failed_ids, p_now);
end $$;

-- Ends attempts that have ended by time, each with an event: runs and events get what `run_as_seen` says. Then it does what follows.
-- Returns {"runs": see `changed_run`, "lags_ms": for each run how late it was ended}. It sets
-- `random_page_cost` for the same reason as `record_ends`.
create or replace function public.end_overdue_attempts(p_run_ids uuid[], p_now timestamptz) returns jsonb
language plpgsql set random_page_cost = 1 as $$
declare
  v_lags_ms jsonb;
  v_failed_ids uuid[];
begin
  with ended as (
    update public.workflow_runs r
    set (status, completed_at, updated_at, error, failure_code, ended_by) = (
        select seen.status, seen.completed_at, seen.updated_at, seen.error, seen.failure_code,
          public.overdue_ended_by(seen.failure_code)
        from public.run_as_seen(r, p_now) seen),
      next_dispatch_at = null, not_before = null, slot_no = null, key_slot_no = null
    where r.id = any (p_run_ids)
    returning r.tenant_id, r.id, r.attempt, r.completed_at, r.failure_code,
      round(extract(epoch from p_now - r.completed_at) * 1000)::float8 as lag_ms
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
    select a.tenant_id, a.id, a.attempt, public.overdue_event(a.failure_code), a.completed_at,
      jsonb_build_object('failure_code', a.failure_code, 'lag_ms', a.lag_ms)
        || case when a.failure_code = 'STOPPED' then jsonb_build_object('reason', a.stop_reason, 'user_id', a.stop_user_id) else '{}' end
    from attempts a
  )
  select coalesce(jsonb_agg(a.lag_ms), '[]'), array_agg(a.id) filter (where a.stop_requested_at is null) into v_lags_ms, v_failed_ids
  from attempts a;
  return jsonb_build_object('lags_ms', v_lags_ms, 'runs', public.follow_ends(p_run_ids, v_failed_ids, p_now));
end $$;

-- What follows from the ends of runs, all of which have the same status:
-- - Nobody can answer the questions of those that were suspended: see `close_waits`.
-- - Those of `p_failed_ids` that their policies retry are put back: see `retry_by_policy`.
-- - How their definitions stand may have turned: see `note_turns`.
-- - Batches of which nothing is left end, too: see `end_batches`.
-- - Triggers fire after them: see `note_ends`.
-- - Their parents may go on, and their children stop: see `children.sql`.
-- For `p_retry_after_seconds` see `retry_by_policy`. Returns all runs that have changed: see `changed_run`.
create or replace function public.follow_ends(
  p_run_ids uuid[], p_failed_ids uuid[], p_now timestamptz, p_retry_after_seconds integer default null
) returns jsonb
language plpgsql as $$
declare
  v_runs jsonb;
  v_definition_ids uuid[];
  v_batch_ids uuid[];
  v_suspended_ids uuid[];
  v_may_retry boolean;
  v_has_turn boolean;
  v_has_triggers boolean;
  v_has_family boolean;
begin
  -- Most definitions retry nothing, most runs end like the run before them, and after most definitions nothing else runs. These cheap
  -- checks find that out first.
  select ended.runs, ended.definition_ids, ended.batch_ids, ended.suspended_ids, ended.has_family, follows.retries, follows.turns,
    follows.fires
  into v_runs, v_definition_ids, v_batch_ids, v_suspended_ids, v_has_family, v_may_retry, v_has_turn, v_has_triggers
  from (
    select jsonb_agg(public.changed_run(r.tenant_id, r.id, r.workflow_definition_id, true, null)) as runs,
      array_agg(distinct r.workflow_definition_id) as definition_ids,
      array_agg(r.batch_id) filter (where r.batch_id is not null) as batch_ids,
      array_agg(r.id) filter (where r.suspended_at is not null) as suspended_ids, min(r.status) as status,
      bool_or(r.parent_run_id is not null) or min(r.status) = 'FAILED' and exists (
        -- The same as `has_children`, without a call for each run.
        select
        from unnest(p_run_ids) run (id)
        cross join lateral (select from public.run_children c where c.parent_run_id = run.id order by c.run_id limit 1) child) as has_family
    from public.workflow_runs r
    where r.id = any (p_run_ids)
  ) ended
  cross join lateral (
    select bool_or(d.max_attempts > 1) as retries,
      bool_or(case
        when d.last_end is null then exists (select from public.endpoints_with_turns(d.tenant_id))
        else d.last_end <> ended.status
      end) as turns,
      bool_or(exists (select from public.triggers t where t.of_definition_id = d.id)) as fires
    from public.workflow_definitions d
    where d.id = any (ended.definition_ids)
  ) follows;
  if v_suspended_ids is not null then
    perform public.close_waits(v_suspended_ids);
  end if;
  if v_may_retry and p_failed_ids is not null then
    v_runs := v_runs || coalesce(public.retry_by_policy(p_failed_ids, p_now, p_retry_after_seconds), '[]');
  end if;
  if v_has_turn then
    perform public.note_turns(p_run_ids);
  end if;
  if v_batch_ids is not null then
    v_runs := v_runs || coalesce(public.end_batches(v_batch_ids, p_now), '[]');
  end if;
  if v_has_triggers then
    perform public.note_ends(p_run_ids, v_definition_ids, p_now);
  end if;
  if v_has_family then
    perform public.note_children(p_run_ids, p_now);
  end if;
  return v_runs;
end $$;

-- True when the runner of this attempt has reported that it failed, and that has ended it, also after a request to stop.
create or replace function public.failure_was_reported(p_run_id uuid, p_attempt integer) returns boolean
language plpgsql stable as $$
begin
  return exists (
    select from public.workflow_run_events e
    where e.run_id = p_run_id and e.attempt = p_attempt and (e.type = 'STOPPED' and e.detail ? 'reported'
      or e.type = 'FAILED' and e.detail ->> 'failure_code' = 'REPORTED'));
end $$;

-- Records that the runner of a RUNNING run has accepted it, unless that is already recorded: by its answer to the dispatch
-- (`p_status` is the HTTP status), or by a message about the run. The caller must hold the lock of the run. Returns whether it
-- was recorded now.
create or replace function public.note_taken(p_run_id uuid, p_now timestamptz, p_status integer default null) returns boolean
language plpgsql as $$
declare
  v_tenant_id uuid;
  v_attempt integer;
  v_tries integer;
begin
  update public.workflow_runs r
  set dispatched_at = p_now, next_dispatch_at = null
  where r.id = p_run_id and r.dispatched_at is null
  returning r.tenant_id, r.attempt, r.dispatch_count into v_tenant_id, v_attempt, v_tries;
  if v_attempt is null then
    return false;
  end if;
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  values (v_tenant_id, p_run_id, v_attempt, 'DISPATCHED', p_now, jsonb_strip_nulls(jsonb_build_object('status', p_status, 'tries', v_tries)));
  return true;
end $$;
