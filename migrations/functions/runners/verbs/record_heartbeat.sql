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
-- `judge_attempt`. With `p_log`, "log" is the answer of `store_log_entries`.
create or replace function public.record_heartbeat(
  p_context jsonb, p_progress jsonb, p_log jsonb default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_since constant bigint := public.last_event_id();
  v_run_id constant uuid := p_context #>> '{run,run_id}';
  v_tenant_id constant uuid := p_context #>> '{run,tenant_id}';
  v_attempt constant integer := p_context #>> '{run,attempt}';
  v_now timestamptz;
  v_definition_id uuid;
  v_begins boolean;
  v_stop jsonb;
  v_answer jsonb;
  v_told jsonb;
begin
  -- 1. Lock the definition, then the run.
  v_definition_id := public.lock_definition_of_run(v_tenant_id, v_run_id);
  if v_definition_id is null then
    return public.answer_of(p_context, v_since, v_tenant_id, '{"refused": "not_found"}');
  end if;
  perform r.id from public.workflow_runs r where r.id = v_run_id for update;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one, then judge this one.
  perform public.end_overdue_runs(array[v_definition_id], v_now);
  v_answer := public.judge_attempt(v_run_id, v_attempt);

  -- 3. Extend the lease, and store the entries of the log.
  if not v_answer ? 'refused' then
    v_begins := not exists (
      select from public.running_attempts a where a.run_id = v_run_id and a.lease_seconds is not null);
    insert into public.running_attempts as a (run_id, tenant_id, attempt, lease_seconds, lease_expires_at, heartbeat_at,
      progress_percent, progress_message)
    select v_run_id, v_tenant_id, v_attempt, d.lease_seconds, v_now + make_interval(secs => d.lease_seconds), v_now,
      (p_progress ->> 'percent')::int, p_progress ->> 'message'
    from public.workflow_definitions d
    where d.id = v_definition_id
    on conflict (run_id) do update
    set lease_seconds = coalesce(a.lease_seconds, excluded.lease_seconds),
      lease_expires_at = v_now + make_interval(secs => coalesce(a.lease_seconds, excluded.lease_seconds)),
      heartbeat_at = excluded.heartbeat_at,
      progress_percent = case when p_progress is null then a.progress_percent else excluded.progress_percent end,
      progress_message = case when p_progress is null then a.progress_message else excluded.progress_message end;
    perform public.note_taken(v_run_id, v_now);
    v_stop := public.acknowledge_stop(v_run_id, v_now, 'heartbeat');
    v_answer := (
      select jsonb_build_object('result', jsonb_build_object('deadline_at', public.wire_instant(r.deadline_at),
        'lease_expires_at', public.wire_instant(a.lease_expires_at), 'stop', v_stop))
      from public.workflow_runs r
      join public.running_attempts a on a.run_id = r.id
      where r.id = v_run_id);
    if p_log is not null then
      v_answer := jsonb_set(v_answer, '{result,log}', public.store_log_entries(v_run_id, v_attempt, p_log, v_now));
    end if;
    -- When a lease begins, the run may end before its deadline. Progress and log have no event. Who reads the log is told of progress, too.
    if v_begins or p_progress is not null or p_log is not null then
      v_told := jsonb_build_object('is_due', v_begins)
        || case
          when p_progress is not null then jsonb_build_object('progress_of', v_run_id)
          when p_log is not null then jsonb_build_object('log_of', v_run_id)
          else '{}'
        end;
    end if;
  end if;

  -- 4. Promote the next run.
  perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
  return public.answer_of(p_context, v_since, v_tenant_id, v_answer, v_told);
end $$;
