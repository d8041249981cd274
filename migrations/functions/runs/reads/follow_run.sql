-- What has happened to a run after an event, for a stream of a caller who may see the run. Ids of a run's events grow in the
-- order in which they are committed, since whoever inserts one holds the run's row.
--
-- Answers {"refused": "unauthenticated"}, or {"tenant_id", "user_id" of the caller, "run", "progress", "events", "has_ended",
-- "due_in_ms"}:
--   run        as `WorkflowRunResponse`; null when there is none that the caller may see
--   progress   {"attempt", "percent", "message"} of the attempt that is RUNNING; null when its runner has reported none
--   events     up to `p_limit`, oldest first: [{"id", "type", "attempt", "at", "detail"}]
--   has_ended  true when the end of the run is written down, so that nothing more happens to it unless it is retried
--   due_in_ms  until the run fails by time: a RUNNING run at its deadline, a PENDING one when it must have started; otherwise null
create or replace function public.follow_run(p_credential jsonb, p_run_id uuid, p_after bigint, p_limit integer)
returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_now constant timestamptz := statement_timestamp();
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_run_user_id uuid;
  v_definition_id uuid;
  v_status text;
  v_ends_at timestamptz;
  v_attempt integer;
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  select r.user_id, r.workflow_definition_id, r.status, r.attempt, public.run_ends_at(r.id, r.status, r.deadline_at)
  into v_run_user_id, v_definition_id, v_status, v_attempt, v_ends_at
  from public.workflow_runs r
  where r.tenant_id = v_tenant_id and r.id = p_run_id
    and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone);
  if v_status is null
    or not public.may_see_run(v_role, v_tenant_id, v_user_id, v_run_user_id, v_definition_id) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'user_id', v_user_id, 'run', null);
  end if;
  return jsonb_build_object(
    'tenant_id', v_tenant_id, 'user_id', v_user_id, 'run', public.run_response(p_run_id, v_now),
    -- A null for the attempt or the progress makes the whole null.
    'progress', case when v_ends_at > v_now then
      jsonb_build_object('attempt', v_attempt) || public.run_progress(p_run_id, v_attempt) end,
    'has_ended', v_status in ('COMPLETED', 'FAILED'),
    'due_in_ms', public.ms_until(v_ends_at),
    'events', (
      select coalesce(jsonb_agg(public.event_response(e) order by e.id), '[]')
      from (
        select * from public.workflow_run_events of_run
        where of_run.run_id = p_run_id and of_run.id > p_after
        order by of_run.id
        limit p_limit
      ) e));
end $$;
