-- The first step of the reads of a run, or of a batch if one is given: may the caller see it? Returns {"tenant_id"?, "refused"}, where
-- `refused` is unauthenticated or not_found; or {"tenant_id", "user_id", "role"} of the caller.
create or replace function public.judge_run_read(p_credential jsonb, p_run_id uuid, p_batch_id uuid default null) returns jsonb
language plpgsql stable as $$
declare
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_owner_id uuid;
  v_definition_id uuid;
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  if p_batch_id is null then
    select r.user_id, r.workflow_definition_id into v_owner_id, v_definition_id
    from public.workflow_runs r
    where r.tenant_id = v_tenant_id and r.id = p_run_id
      and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone);
  else
    select b.user_id, b.workflow_definition_id into v_owner_id, v_definition_id
    from public.run_batches b
    where b.tenant_id = v_tenant_id and b.id = p_batch_id
      and b.workflow_definition_id not in (select gone.id from public.deleted_definitions gone);
  end if;
  if not found or not public.may_see_run(v_role, v_tenant_id, v_user_id, v_owner_id, v_definition_id) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'not_found');
  end if;
  return jsonb_build_object('tenant_id', v_tenant_id, 'user_id', v_user_id, 'role', v_role);
end $$;

-- `judge_message` for a read at an instant: a run that is over by then has ended, although that is not recorded.
create or replace function public.judge_attempt_read(p_tenant_id uuid, p_run_id uuid, p_attempt integer, p_now timestamptz) returns jsonb
language plpgsql stable as $$
begin
  return coalesce((
    select public.judge_message(seen.status, r.attempt, p_attempt)
    from public.workflow_runs r
    cross join lateral public.run_as_seen(r, p_now) seen
    where r.id = p_run_id and r.tenant_id = p_tenant_id
      and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)), '{"refused": "not_found"}');
end $$;
