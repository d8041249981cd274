-- Why a run waits, for a caller who may see it. Answers facts; TypeScript makes a sentence of them.
--
-- Answers {"tenant_id", and either "refused" (see `judge_run_read`) or "explanation"}, with the fields:
--   status, failure_code, error, deadline_at, dispatched_at   as `run_as_seen` has them
--   reason                what the run waits for: see `wait_reason`. null when it waits for nothing
--   queue_position        see `place_in_queue`; null unless it is PENDING
--   concurrency_key       null for a run without one
--   keys_take_turns       true when the policy limits the runs of each key
--   priority              0 unless it was given one
--   higher_before         how many of those before it have a higher priority, up to `most_places`; null as `queue_position` is
--   keys_before           see `keys_before`; null unless it is in the queue and keys take turns
--   blockers              [{"run_id", "deadline_at"}]: the runs of `blocking_runs` that the caller sees
--   blocked_by            the first of these; null when there is none
--   start_after, must_start_by   see `waiting_instants`
--   tries, last_error, next_try_at   of the dispatch, of a RUNNING run that no runner has taken; `next_try_at` also of a back-off,
--                         whatever else the run waits for
--   suspension            see `suspension_of`
--   stop                  {"reason", "requested_at", "acknowledged_at", "ends_at"} of a RUNNING run that is to stop
--   runner_tags           the tags that runners of the definition need
--   sessions              see `open_sessions_json`: the sessions of runners that may lease runs of the definition, if they lack no tag;
--                         null unless its runs are leased. Which of these runners are there, TypeScript finds out, and makes
--                         `no_runner_connected` of slot, key and lease when none is
--   now                   the instant as of which all of this is
--   runner_last_seen_at   when a runner last took a run of the definition, sent a heartbeat, or said how one ended
--   durations             {"p50_seconds", "p95_seconds", "runs"} of the definition's runs that a runner has ended
--   estimated_start_at    {"p50", "p95"}: when the run starts if each run before it takes as long as the median, or as the 95th
--                         percentile. null when it does not wait for its turn, when it is not known how long runs take, when
--                         it waits for the turns of other keys, or when its place is behind `most_places`
-- The last three are about the newest 100 runs of the definition, of those that the caller may see.
create or replace function public.explain_run(p_credential jsonb, p_run_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  c_recent_runs constant integer := 100;
  v_now constant timestamptz := statement_timestamp();
  v_judged constant jsonb := public.judge_run_read(p_credential, p_run_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_user_id constant uuid := v_judged ->> 'user_id';
  v_definition_id uuid;
  v_sees_definition boolean;
  v_answer jsonb;
  v_status text;
  v_reason text;
  v_queue_position bigint;
  v_place bigint;
  v_priority integer;
  v_key text;
  v_keys_take_turns boolean;
  v_blockers jsonb;
  v_is_leased boolean;
  v_tags text[];
  v_heartbeat_at timestamptz;
  v_sessions jsonb;
  v_last_seen_at timestamptz;
  v_runs bigint;
  v_p50 float8;
  v_p95 float8;
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;

  -- The state of the run, and what it waits for.
  select r.workflow_definition_id, r.queue_position, r.priority, r.concurrency_key, d.max_running_per_key is not null, seen.status,
    wait.reason, d.handover = 'lease', d.runner_tags, a.heartbeat_at,
    jsonb_build_object(
      'status', seen.status, 'failure_code', seen.failure_code, 'error', seen.error,
      'deadline_at', case when r.started_at is not null then public.wire_instant(r.deadline_at) end,
      'dispatched_at', public.wire_instant(r.dispatched_at)) || public.waiting_instants(r, seen.status, v_now) ||
      case
        when seen.status = 'RUNNING' and r.dispatched_at is null then jsonb_build_object(
          'tries', r.dispatch_count, 'last_error', r.dispatch_error,
          'next_try_at', public.wire_instant(r.next_dispatch_at))
        else jsonb_build_object('tries', null, 'last_error', null, 'next_try_at', public.wire_instant(
          case when seen.status = 'PENDING' and r.attempt > 1 and r.suspended_at is null and r.not_before > v_now then r.not_before end))
      end || jsonb_build_object('stop', case
        when seen.status = 'RUNNING' and a.stop_requested_at is not null then jsonb_build_object(
          'reason', a.stop_reason, 'requested_at', public.wire_instant(a.stop_requested_at),
          'acknowledged_at', public.wire_instant(a.stop_acknowledged_at), 'ends_at', public.wire_instant(a.stop_ends_at))
      end)
  into v_definition_id, v_queue_position, v_priority, v_key, v_keys_take_turns, v_status, v_reason, v_is_leased, v_tags, v_heartbeat_at, v_answer
  from public.workflow_runs r
  join public.workflow_definitions d on d.id = r.workflow_definition_id
  left join public.running_attempts a on a.run_id = r.id
  cross join lateral public.run_as_seen(r, v_now) seen
  cross join lateral public.wait_reason(r, seen.status, v_now) wait
  where r.id = p_run_id;
  v_sees_definition := public.may_see_definition(v_judged ->> 'role', v_tenant_id, v_user_id, v_definition_id);

  -- Its place in the queue, and the runs that are in its way.
  if v_status = 'PENDING' then
    v_place := public.place_in_queue(v_definition_id, v_key, v_queue_position, p_run_id, v_now);
  end if;
  if v_place is not null then
    select jsonb_agg(
      jsonb_build_object('run_id', blocking.id, 'deadline_at', public.wire_instant(blocking.ends_at))
      order by blocking.ends_at, blocking.id)
    into v_blockers
    from public.blocking_runs(v_definition_id, v_key, v_now) blocking
    where v_sees_definition or blocking.user_id = v_user_id;
  end if;

  -- The sessions of runners that may lease it.
  if v_is_leased then
    v_sessions := public.open_sessions_json(v_tenant_id, v_definition_id, v_now);
  end if;

  -- What the newest runs of the definition say about its runner, and about how long runs take.
  select
    max(recent.heard_at),
    count(recent.seconds), percentile_cont(0.5) within group (order by recent.seconds),
    percentile_cont(0.95) within group (order by recent.seconds)
  into v_last_seen_at, v_runs, v_p50, v_p95
  from (
    select public.heard_of_runner_at(r) as heard_at,
      case when r.ended_by = 'CALLBACK' then extract(epoch from r.completed_at - r.started_at)::float8 end as seconds
    from public.workflow_runs r
    where r.workflow_definition_id = v_definition_id and (v_sees_definition or r.user_id = v_user_id)
    order by r.created_at desc, r.id desc
    limit c_recent_runs
  ) recent;

  return jsonb_build_object('tenant_id', v_tenant_id, 'explanation', v_answer || jsonb_build_object(
    'reason', v_reason, 'queue_position', v_place, 'priority', v_priority,
    -- They stand before the first place that its priority could have.
    'higher_before', case when v_place is not null then least(public.most_places(), public.place_in_queue(
      v_definition_id, v_key, public.place_by_priority(0, v_priority), p_now => v_now)) end,
    'suspension', case when v_reason = 'suspended' then public.suspension_of(p_run_id, v_now) end,
    'concurrency_key', nullif(v_key, ''), 'keys_take_turns', v_keys_take_turns,
    'keys_before', case when v_place is not null and v_keys_take_turns then public.keys_before(v_definition_id, v_key, v_now) end,
    'blockers', coalesce(v_blockers, '[]'),
    'blocked_by', v_blockers -> 0,
    'runner_tags', v_tags, 'sessions', v_sessions, 'now', public.wire_instant(v_now),
    'runner_last_seen_at', public.wire_instant(greatest(v_last_seen_at, v_heartbeat_at)),
    'durations', case when v_runs > 0 then
      jsonb_build_object('p50_seconds', v_p50, 'p95_seconds', v_p95, 'runs', v_runs) end,
    'estimated_start_at', case
      when v_runs > 0 and v_place <= public.most_places() and (v_reason = 'key' or v_reason = 'slot' and not v_keys_take_turns) then jsonb_build_object(
        'p50', public.estimated_start(v_definition_id, v_key, v_place, v_p50, v_now),
        'p95', public.estimated_start(v_definition_id, v_key, v_place, v_p95, v_now)) end));
end $$;

-- When the run at a place of its queue starts, if each run takes `p_seconds`: those before it, and those in the slots, which end at
-- their deadlines at the latest. When keys take turns, the queue and the slots are those of its key.
create or replace function public.estimated_start(
  p_definition_id uuid, p_key text, p_place bigint, p_seconds float8, p_now timestamptz
) returns text
language plpgsql stable as $$
declare
  v_slots integer;
  v_takes_turns boolean;
  v_ends timestamptz[];
  v_nth bigint;
begin
  select coalesce(d.max_running_per_key, d.max_running), d.max_running_per_key is not null into v_slots, v_takes_turns
  from public.workflow_definitions d
  where d.id = p_definition_id;
  v_ends := array(
    select greatest(p_now, least(run.started_at + make_interval(secs => p_seconds), run.ends_at))
    from public.running_runs(p_definition_id) run
    where run.ends_at > p_now and (run.concurrency_key = p_key or not v_takes_turns)
    order by 1);
  -- The first run of the queue gets the first slot that is free, the second run the second, and so on. When each slot has had one,
  -- the first slot is free again. A number below 1 is a slot that is free now.
  v_nth := (p_place - 1) % v_slots + 1 + cardinality(v_ends) - v_slots;
  return public.wire_instant(coalesce(v_ends[v_nth::integer], p_now)
    + make_interval(secs => p_seconds * ((p_place - 1) / v_slots)));
end $$;
