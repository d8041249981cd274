-- Records that the runner of an attempt is alive, and its progress. The run token has proved which attempt of which run that
-- is. For a runner with a URL, the first heartbeat begins a lease: from then on it must keep sending them.
--
-- Guarantees:
-- - It extends the lease, and never the deadline. A run that has ended stays ended.
-- - The latest progress wins. A heartbeat without progress does not change it.
-- - A heartbeat proves that the runner accepted the dispatch, and its answer tells the runner of a stop: see
--   `acknowledge_stop`.
--
-- Closes two races:
-- - with any verb that ends the run: all of them hold the definition's lock.
-- - with a verb that records the outcome of a dispatch or of a stop's webhook, which locks only the run: this verb locks it,
--   too.
--
-- Answers {"deadline_at", "lease_expires_at", "stop": null or {"reason", "ends_at"}, "due_in_ms": see `due_in_ms` when a lease
-- began, else null, "dispatches"}, or {"refused", "dispatches"} where `refused` is one of: not_found, other_attempt (with
-- "attempt"), ended (with "status")
create or replace function public.record_heartbeat(
  p_run_id uuid, p_tenant_id uuid, p_attempt integer, p_progress jsonb,
  p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz;
  v_definition_id uuid;
  v_begins boolean;
  v_stop jsonb;
  v_answer jsonb;
begin
  -- 1. Lock the definition, then the run.
  v_definition_id := public.lock_definition_of_tenant_run(p_run_id, p_tenant_id);
  if v_definition_id is null then
    return '{"refused": "not_found", "dispatches": []}';
  end if;
  perform r.id from public.workflow_runs r where r.id = p_run_id for update;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one, then judge this one.
  perform public.end_overdue_runs(array[v_definition_id], v_now);
  v_answer := public.judge_attempt(p_run_id, p_attempt);

  -- 3. Extend the lease.
  if not v_answer ? 'refused' then
    v_begins := not exists (
      select from public.running_attempts a where a.run_id = p_run_id and a.lease_seconds is not null);
    insert into public.running_attempts as a (run_id, tenant_id, attempt, lease_seconds, lease_expires_at, heartbeat_at,
      progress_percent, progress_message)
    select p_run_id, p_tenant_id, p_attempt, d.lease_seconds, v_now + make_interval(secs => d.lease_seconds), v_now,
      (p_progress ->> 'percent')::int, p_progress ->> 'message'
    from public.workflow_definitions d
    where d.id = v_definition_id
    on conflict (run_id) do update
    set lease_seconds = coalesce(a.lease_seconds, excluded.lease_seconds),
      lease_expires_at = v_now + make_interval(secs => coalesce(a.lease_seconds, excluded.lease_seconds)),
      heartbeat_at = excluded.heartbeat_at,
      progress_percent = case when p_progress is null then a.progress_percent else excluded.progress_percent end,
      progress_message = case when p_progress is null then a.progress_message else excluded.progress_message end;
    perform public.note_taken(p_run_id, v_now);
    v_stop := public.acknowledge_stop(p_run_id, v_now, 'heartbeat');
    v_answer := (
      select jsonb_build_object('deadline_at', public.wire_instant(r.deadline_at),
        'lease_expires_at', public.wire_instant(a.lease_expires_at),
        'stop', v_stop,
        'due_in_ms', case when v_begins then public.due_in_ms(p_tenant_id) end)
      from public.workflow_runs r
      join public.running_attempts a on a.run_id = r.id
      where r.id = p_run_id);
  end if;

  -- 4. Promote the next run.
  return v_answer || jsonb_build_object('dispatches',
    public.promote_next_runs(array[v_definition_id], v_now, p_grace_seconds, p_dispatch_lease_seconds));
end $$;

-- Records that the runner of a RUNNING run has accepted it, unless that is already recorded: the runner has sent a message
-- about the run.
create or replace function public.note_taken(p_run_id uuid, p_now timestamptz) returns void
language plpgsql as $$
begin
  with taken as (
    update public.workflow_runs r
    set dispatched_at = p_now, next_dispatch_at = null
    where r.id = p_run_id and r.dispatched_at is null
    returning r.tenant_id, r.id, r.attempt, r.dispatch_count
  )
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select tenant_id, id, attempt, 'DISPATCHED', p_now, jsonb_build_object('tries', dispatch_count)
  from taken;
end $$;
