-- Records that the runner of an attempt is alive, its progress, and entries of its log. The run token has proved which attempt of which
-- run that is. For a runner with a URL, the first heartbeat begins a lease: from then on it must keep sending them.
--
-- Guarantees:
-- - It extends the lease, and never the deadline. A run that has ended stays ended.
-- - The latest progress wins. A heartbeat without progress does not change it.
-- - Entries of the log are stored once: see `store_log_entries`. What is wrong with them never refuses the heartbeat.
-- - A heartbeat proves that the runner accepted the dispatch, and its answer tells the runner of a stop: see
--   `acknowledge_stop`.
--
-- Closes two races:
-- - with any verb that ends the run: all of them hold the definition's lock.
-- - with a verb that records the outcome of a dispatch or of a stop's webhook, which locks only the run: this verb locks it,
--   too.
--
-- Answers {"result": {"deadline_at", "lease_expires_at", "stop": null or {"reason", "ends_at"}, "log"?}}, or "refused": see
-- `judge_message`. With `p_log`, "log" is the answer of `store_log_entries`.
create or replace function public.record_heartbeat(
  p_context jsonb, p_progress jsonb, p_log jsonb default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_run_id constant uuid := p_context #>> '{run,run_id}';
  v_tenant_id constant uuid := p_context #>> '{run,tenant_id}';
  v_token_attempt constant integer := p_context #>> '{run,attempt}';
  v_now timestamptz;
  v_definition_id uuid;
  v_lease_seconds integer;
  v_starts_runs boolean;
  v_is_due boolean;
  v_waits boolean;
  v_status text;
  v_attempt integer;
  v_deadline_at timestamptz;
  v_is_taken boolean;
  v_has_lease boolean;
  v_lease_expires_at timestamptz;
  v_is_stopped boolean;
  v_learns boolean;
  v_stop jsonb;
  v_answer jsonb;
  v_changed jsonb := '[]';
  v_told jsonb;
begin
  -- 1. Lock the definition, then the run, and read both as they are after both locks.
  select d.id, d.lease_seconds, public.starts_runs(d.is_active, d.runner_url, d.handover),
    r.status, r.attempt, r.deadline_at, r.dispatched_at is not null
  into v_definition_id, v_lease_seconds, v_starts_runs, v_status, v_attempt, v_deadline_at, v_is_taken
  from public.workflow_runs r
  join public.workflow_definitions d on d.id = r.workflow_definition_id
  where r.id = v_run_id and r.tenant_id = v_tenant_id
  for update of d, r;
  if v_definition_id is null then
    return public.answer_with(p_context, v_tenant_id, '{"refused": "not_found"}', null);
  end if;
  v_now := clock_timestamp();

  -- 2. How does the queue stand? End the overdue runs, if there are any, then judge this one.
  select queue.is_due, queue.waits, exists (
    select from public.running_attempts a where a.run_id = v_run_id and a.lease_seconds is not null)
  into v_is_due, v_waits, v_has_lease
  from public.queue_state(v_tenant_id, v_definition_id, v_now) queue;
  if v_is_due then
    v_changed := coalesce(public.end_overdue_runs(array[v_definition_id], v_now) -> 'runs', '[]');
    v_waits := true;
    select r.status, r.attempt into v_status, v_attempt from public.workflow_runs r where r.id = v_run_id;
  end if;
  v_answer := public.judge_message(v_status, v_attempt, v_token_attempt);

  -- 3. Extend the lease, and store the entries of the log.
  if not v_answer ? 'refused' then
    insert into public.running_attempts as a (run_id, tenant_id, attempt, lease_seconds, lease_expires_at, heartbeat_at,
      progress_percent, progress_message)
    values (v_run_id, v_tenant_id, v_attempt, v_lease_seconds, v_now + make_interval(secs => v_lease_seconds), v_now,
      (p_progress ->> 'percent')::int, p_progress ->> 'message')
    on conflict (run_id) do update
    set lease_seconds = coalesce(a.lease_seconds, excluded.lease_seconds),
      lease_expires_at = v_now + make_interval(secs => coalesce(a.lease_seconds, excluded.lease_seconds)),
      heartbeat_at = excluded.heartbeat_at,
      progress_percent = case when p_progress is null then a.progress_percent else excluded.progress_percent end,
      progress_message = case when p_progress is null then a.progress_message else excluded.progress_message end
    returning a.lease_expires_at, a.stop_requested_at is not null, a.stop_requested_at is not null and a.stop_acknowledged_at is null
    into v_lease_expires_at, v_is_stopped, v_learns;
    if not v_is_taken then
      perform public.note_taken(v_run_id, v_now);
    end if;
    if v_is_stopped then
      v_stop := public.acknowledge_stop(v_run_id, v_now, 'heartbeat');
    end if;
    if v_learns or not v_is_taken then
      v_changed := v_changed || public.changed_runs(array[v_run_id]);
    end if;
    v_answer := jsonb_build_object('result', jsonb_build_object('deadline_at', public.wire_instant(v_deadline_at),
      'lease_expires_at', public.wire_instant(v_lease_expires_at), 'stop', v_stop));
    if p_log is not null then
      v_answer := jsonb_set(v_answer, '{result,log}', public.store_log_entries(v_run_id, v_attempt, p_log, v_now));
    end if;
    -- When a lease begins, the run may end before its deadline. Progress and log have no event. Who reads the log is told of progress, too.
    if not v_has_lease or p_progress is not null or p_log is not null then
      v_told := jsonb_build_object('is_due', not v_has_lease)
        || case
          when p_progress is not null then jsonb_build_object('progress_of', v_run_id)
          when p_log is not null then jsonb_build_object('log_of', v_run_id)
          else '{}'
        end;
    end if;
  end if;

  -- 4. Promote the next run, if one waits.
  if v_waits and v_starts_runs then
    v_changed := v_changed || coalesce(public.promote_next_runs(p_context, array[v_definition_id], v_now), '[]');
  end if;
  return public.answer_with(p_context, v_tenant_id, v_answer, v_changed, v_told);
end $$;
