-- The first steps that the verbs on one run have in common.

-- Locks the definition of a run that belongs to the caller's tenant, and returns its id; null when there is none.
create or replace function public.lock_definition_of_run(p_credential jsonb, p_run_id uuid) returns uuid
language plpgsql as $$
declare
  v_definition_id uuid;
begin
  select d.id into v_definition_id
  from public.find_caller(p_credential) caller
  join public.workflow_runs r on r.tenant_id = caller.tenant_id and r.id = p_run_id
  join public.workflow_definitions d on d.id = r.workflow_definition_id
  for update of d;
  return v_definition_id;
end $$;

-- The same for a run of a known tenant, from a run token or a dispatch.
create or replace function public.lock_definition_of_tenant_run(p_run_id uuid, p_tenant_id uuid) returns uuid
language plpgsql as $$
declare
  v_definition_id uuid;
begin
  v_definition_id := (
    select r.workflow_definition_id from public.workflow_runs r where r.id = p_run_id and r.tenant_id = p_tenant_id);
  return (select d.id from public.workflow_definitions d where d.id = v_definition_id for update);
end $$;

-- Checks that the caller may change a run by this event, and that the event is possible in the run's state. Call it after the
-- definition was locked and overdue runs were ended. Returns {"tenant_id", "user_id", "role"}, or {"tenant_id"?, "refused"}
-- where `refused` is one of:
--   unauthenticated, not_found, forbidden (the run of another user),
--   wrong_state (with "status"): `next_status` does not allow the event in this state
create or replace function public.judge_run_change(p_credential jsonb, p_run_id uuid, p_event text) returns jsonb
language plpgsql stable as $$
declare
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_run_user_id uuid;
  v_definition_id uuid;
  v_status text;
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  select r.user_id, r.workflow_definition_id, r.status into v_run_user_id, v_definition_id, v_status
  from public.workflow_runs r
  where r.tenant_id = v_tenant_id and r.id = p_run_id;
  if v_status is null
    or not public.may_see_run(v_role, v_tenant_id, v_user_id, v_run_user_id, v_definition_id) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'not_found');
  end if;
  if not public.may_change_run(v_role, v_user_id, v_run_user_id) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'forbidden');
  end if;
  if public.next_status(v_status, p_event) is null then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'wrong_state', 'status', v_status);
  end if;
  return jsonb_build_object('tenant_id', v_tenant_id, 'user_id', v_user_id, 'role', v_role);
end $$;

-- Checks that a message of an attempt's runner still counts: the attempt is the run's current one, and is RUNNING. Call it
-- after the definition was locked and overdue runs were ended. Returns {}, or {"refused"} which is one of: not_found,
-- other_attempt (with "attempt"), ended (with "status")
create or replace function public.judge_attempt(p_run_id uuid, p_attempt integer) returns jsonb
language plpgsql stable as $$
declare
  v_status text;
  v_attempt integer;
begin
  select r.status, r.attempt into v_status, v_attempt from public.workflow_runs r where r.id = p_run_id;
  return case
    when v_attempt is null then '{"refused": "not_found"}'
    when v_attempt <> p_attempt then jsonb_build_object('refused', 'other_attempt', 'attempt', v_attempt)
    when v_status <> 'RUNNING' then jsonb_build_object('refused', 'ended', 'status', v_status)
    else '{}'
  end;
end $$;
