-- The end of an attempt. What follows it is in `retries.sql`, `batches.sql`, `note_turns.sql` and `note_ends.sql`.

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
