-- The current state of a run, for a caller who may see it. This is the statement of the busiest route, so it reads the run's row
-- only once.
--
-- Answers {"refused": "unauthenticated"}, or {"tenant_id", "run", "etag", "deadline_in_ms", "queue_position", "blocked_by",
-- "will_be_retried", "is_suspended"}:
--   run             as `WorkflowRunResponse`; null when there is none that the caller may see
--   etag            hex SHA-256 of what a reader sees of the run, without its place in the queue
--   deadline_in_ms  until the run ends by time; null unless it is RUNNING, or PENDING and must start by an instant
--   queue_position  see `place_in_queue`; null unless it is PENDING
--   blocked_by      the id of the first run of `blocking_runs` that the caller sees; null unless the run is in its queue
--   is_suspended    see suspensions.sql
--   will_be_retried true for a run that has ended by itself, until that is recorded and the run is put back
create or replace function public.find_run(p_credential jsonb, p_run_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_now constant timestamptz := statement_timestamp();
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_run jsonb;
  v_run_user_id uuid;
  v_ends_at timestamptz;
  v_definition_id uuid;
  v_status text;
  v_queue_position bigint;
  v_key text;
  v_is_suspended boolean;
  v_place bigint;
  v_blocked_by uuid;
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;

  select r.user_id, r.workflow_definition_id, shown.status, r.queue_position, r.concurrency_key, to_jsonb(shown),
    public.run_ends_at(r.id, r.status, r.deadline_at), public.is_suspended(shown.status, r.suspended_at, r.not_before, v_now)
  into v_run_user_id, v_definition_id, v_status, v_queue_position, v_key, v_run, v_ends_at, v_is_suspended
  from public.workflow_runs r
  cross join lateral public.shown_run(r, v_now) shown
  where r.tenant_id = v_tenant_id and r.id = p_run_id
    and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone);
  if v_run is null
    or not public.may_see_run(v_role, v_tenant_id, v_user_id, v_run_user_id, v_definition_id) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'run', null);
  end if;

  if v_status = 'PENDING' then
    v_place := public.place_in_queue(v_definition_id, v_key, v_queue_position, p_run_id, v_now);
  end if;
  if v_place is not null then
    select blocking.id into v_blocked_by
    -- `offset 0` keeps the planner from asking of each run whether the caller sees it, before it sorts them.
    from (select first.* from public.blocking_runs(v_definition_id, v_key, v_now) first offset 0) blocking
    where public.may_see_run(v_role, v_tenant_id, v_user_id, blocking.user_id, v_definition_id)
    limit 1;
  end if;
  return jsonb_build_object(
    'tenant_id', v_tenant_id, 'run', v_run, 'etag', encode(sha256(convert_to(v_run::text, 'UTF8')), 'hex'),
    'deadline_in_ms', public.ms_until(v_ends_at), 'queue_position', v_place, 'blocked_by', v_blocked_by,
    'is_suspended', v_is_suspended, 'will_be_retried', coalesce(v_ends_at <= v_now, false) and public.will_be_retried(p_run_id, v_now));
end $$;
