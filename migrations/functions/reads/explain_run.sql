-- Why a run waits, for a caller who may see it. Answers facts; TypeScript makes a sentence of them.
--
-- Answers {"tenant_id", and either "refused" (see `judge_run_read`) or "explanation"}, with the fields:
--   status, failure_code, error, deadline_at, dispatched_at   as `run_as_seen` has them
--   reason                what the run waits for: see `wait_reason`. null when it waits for nothing
--   queue_position        1 for the run that is next; null unless it is PENDING
--   blocked_by            {"run_id", "deadline_at"} of the run that holds the slot; null unless the caller sees that one
--   tries, last_error, next_try_at   of the dispatch, of a RUNNING run that no runner has taken; `next_try_at` also of a back-off
--   stop                  {"reason", "requested_at", "acknowledged_at", "ends_at"} of a RUNNING run that is to stop
--   sessions              [{"id", "last_seen_at", "is_working"}]: the sessions of runners that may lease runs of the definition;
--                         null unless its runs are leased. Which of these runners are there, TypeScript finds out, and makes
--                         `no_runner_connected` of slot and lease when none is
--   now                   the instant as of which all of this is
--   runner_last_seen_at   when a runner last took a run of the definition, sent a heartbeat, or said how one ended
--   durations             {"p50_seconds", "p95_seconds", "runs"} of the definition's runs that a runner has ended
--   estimated_start_at    {"p50", "p95"}: when the run starts, if each run before it takes as long; null when it does not
--                         wait for its turn, or when nothing is known of how long runs take
-- The last three are about the newest 100 runs of the definition, of those that the caller may see.
create or replace function public.explain_run(p_credential jsonb, p_run_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  c_recent_runs constant integer := 100;
  v_now constant timestamptz := statement_timestamp();
  v_judged jsonb;
  v_tenant_id uuid;
  v_user_id uuid;
  v_definition_id uuid;
  v_sees_definition boolean;
  v_answer jsonb;
  v_status text;
  v_reason text;
  v_queue_position bigint;
  v_place bigint;
  v_holder_id uuid;
  v_holder_user_id uuid;
  v_holder_started_at timestamptz;
  v_holder_deadline_at timestamptz;
  v_is_leased boolean;
  v_heartbeat_at timestamptz;
  v_sessions jsonb;
  v_last_seen_at timestamptz;
  v_runs bigint;
  v_p50 float8;
  v_p95 float8;
begin
  v_judged := public.judge_run_read(p_credential, p_run_id);
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  v_tenant_id := v_judged ->> 'tenant_id';
  v_user_id := v_judged ->> 'user_id';

  -- The state of the run, and what it waits for.
  select r.workflow_definition_id, r.queue_position, seen.status, wait.reason, d.handover = 'lease', a.heartbeat_at,
    jsonb_build_object(
      'status', seen.status, 'failure_code', seen.failure_code, 'error', seen.error,
      'deadline_at', public.wire_instant(r.deadline_at), 'dispatched_at', public.wire_instant(r.dispatched_at)) ||
      case
        when seen.status = 'RUNNING' and r.dispatched_at is null then jsonb_build_object(
          'tries', r.dispatch_count, 'last_error', r.dispatch_error,
          'next_try_at', public.wire_instant(r.next_dispatch_at))
        else jsonb_build_object('tries', null, 'last_error', null, 'next_try_at', public.wire_instant(
          case when seen.status = 'PENDING' and r.not_before > v_now then r.not_before end))
      end || jsonb_build_object('stop', case
        when seen.status = 'RUNNING' and a.stop_requested_at is not null then jsonb_build_object(
          'reason', a.stop_reason, 'requested_at', public.wire_instant(a.stop_requested_at),
          'acknowledged_at', public.wire_instant(a.stop_acknowledged_at), 'ends_at', public.wire_instant(a.stop_ends_at))
      end)
  into v_definition_id, v_queue_position, v_status, v_reason, v_is_leased, v_heartbeat_at, v_answer
  from public.workflow_runs r
  join public.workflow_definitions d on d.id = r.workflow_definition_id
  left join public.running_attempts a on a.run_id = r.id
  cross join lateral public.run_as_seen(r, v_now) seen
  cross join lateral public.wait_reason(r, seen.status, v_now) wait
  where r.id = p_run_id;
  v_sees_definition := public.may_see_definition(v_judged ->> 'role', v_tenant_id, v_user_id, v_definition_id);

  -- Its place in the queue, and the run in the slot.
  if v_status = 'PENDING' then
    v_place := public.place_in_queue(v_definition_id, v_queue_position);
    select holder.id, holder.user_id, holder.started_at,
      public.run_ends_at(holder.id, holder.status, holder.deadline_at)
    into v_holder_id, v_holder_user_id, v_holder_started_at, v_holder_deadline_at
    from public.workflow_runs holder
    where holder.workflow_definition_id = v_definition_id and holder.status = 'RUNNING'
      and public.run_ends_at(holder.id, holder.status, holder.deadline_at) > v_now;
  end if;

  -- The sessions of runners that may lease it.
  if v_is_leased then
    v_sessions := public.open_sessions_json(v_tenant_id, v_definition_id, v_now);
  end if;

  -- What the newest runs of the definition say about its runner, and about how long runs take.
  select
    max(greatest(recent.dispatched_at, case when recent.ended_by = 'CALLBACK' then recent.completed_at end)),
    count(recent.seconds), percentile_cont(0.5) within group (order by recent.seconds),
    percentile_cont(0.95) within group (order by recent.seconds)
  into v_last_seen_at, v_runs, v_p50, v_p95
  from (
    select r.dispatched_at, r.completed_at, r.ended_by,
      case when r.ended_by = 'CALLBACK' then extract(epoch from r.completed_at - r.started_at)::float8 end as seconds
    from public.workflow_runs r
    where r.workflow_definition_id = v_definition_id and (v_sees_definition or r.user_id = v_user_id)
    order by r.created_at desc, r.id desc
    limit c_recent_runs
  ) recent;

  return jsonb_build_object('tenant_id', v_tenant_id, 'explanation', v_answer || jsonb_build_object(
    'reason', v_reason, 'queue_position', v_place,
    'blocked_by', case when v_holder_id is not null and (v_sees_definition or v_holder_user_id = v_user_id) then
      jsonb_build_object('run_id', v_holder_id, 'deadline_at', public.wire_instant(v_holder_deadline_at)) end,
    'sessions', v_sessions, 'now', public.wire_instant(v_now),
    'runner_last_seen_at', public.wire_instant(greatest(v_last_seen_at, v_heartbeat_at)),
    'durations', case when v_runs > 0 then
      jsonb_build_object('p50_seconds', v_p50, 'p95_seconds', v_p95, 'runs', v_runs) end,
    'estimated_start_at', case when v_reason = 'slot' and v_runs > 0 then jsonb_build_object(
      'p50', public.estimated_start(v_now, v_p50, v_place, v_holder_started_at, v_holder_deadline_at),
      'p95', public.estimated_start(v_now, v_p95, v_place, v_holder_started_at, v_holder_deadline_at)) end));
end $$;

-- When the run at a position of the queue starts, if each run before it takes `p_seconds`, including the one in the slot. That
-- one ends at its deadline at the latest. `p_holder_started_at` is null when the slot is free.
create or replace function public.estimated_start(
  p_now timestamptz, p_seconds float8, p_place bigint, p_holder_started_at timestamptz, p_holder_deadline_at timestamptz
) returns text
language sql stable as $$
  select public.wire_instant(
    greatest(p_now, least(p_holder_started_at + make_interval(secs => p_seconds), p_holder_deadline_at))
      + make_interval(secs => p_seconds * (p_place - 1)))
$$;
