-- Gives a user the permissions that they lack to run a definition.
--
-- Guarantees: only an administrator gives permissions, so nobody gives more than they have. Permissions that the user already
-- has are not given again, so a repetition changes nothing. A user has at most `p_max_permissions`; when they would have more,
-- none is given.
-- Closes the races with a move of a part, and with another change of the user's permissions: the tree and the user are locked
-- before the missing permissions are determined.
--
-- Answers {"result": {"given"}}, where `given` is how many permissions were added or changed; or "refused" which is one of:
-- unauthenticated, not_found (no definition that the caller may see), forbidden (not an administrator), user_unknown (no such user
-- in the tenant), too_many
create or replace function public.permit_workflow(
  p_context jsonb, p_definition_id uuid, p_user_id uuid, p_max_permissions integer
) returns jsonb
language plpgsql as $$
declare
  v_tenant_id uuid;
  v_caller_id uuid;
  v_role text;
  v_now timestamptz;
  v_user_role text;
  v_held integer;
  v_added integer;
  v_given integer;
begin
  -- 1. May the caller give permissions on this definition?
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_caller_id, v_role
  from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return public.answer_of(p_context, null, '{"refused": "unauthenticated"}');
  end if;
  if not public.is_administrator(v_role) then
    return public.answer_of(p_context, v_tenant_id, case
      when public.may_see_definition(v_role, v_tenant_id, v_caller_id, p_definition_id) then '{"refused": "forbidden"}'
      else '{"refused": "not_found"}'::jsonb
    end);
  end if;

  -- 2. Lock the tree and the user, as all changes of permissions do, and judge the caller again: that may have waited.
  perform public.lock_permissions_of(v_tenant_id, p_user_id, array(
    select need.path_part_id from public.needs_of_definition(v_tenant_id, p_definition_id) need));
  v_role := (select caller.role from public.find_caller(p_context -> 'caller') caller);
  if v_role is null or not public.is_administrator(v_role) then
    return public.answer_of(p_context, v_tenant_id, case
      when v_role is null then '{"refused": "unauthenticated"}'
      when public.may_see_definition(v_role, v_tenant_id, v_caller_id, p_definition_id) then '{"refused": "forbidden"}'
      else '{"refused": "not_found"}'::jsonb
    end);
  end if;
  v_user_role := public.role_of_known_user(v_tenant_id, p_user_id);
  v_now := clock_timestamp();
  if not exists (select from public.workflow_definitions d where d.tenant_id = v_tenant_id and d.id = p_definition_id) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "not_found"}');
  end if;
  if v_user_role is null then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "user_unknown"}');
  end if;

  -- 3. Would the user have too many? A permission to read that becomes one to write does not add to their number.
  select count(*)::integer into v_held
  from public.user_permissions held where held.tenant_id = v_tenant_id and held.user_id = p_user_id;
  select count(*)::integer into v_added
  from public.missing_permissions(v_user_role, v_tenant_id, p_user_id, p_definition_id) missing
  where not exists (
    select from public.user_permissions held
    where held.tenant_id = v_tenant_id and held.user_id = p_user_id and held.path_part_id = missing.path_part_id);
  if v_added > 0 and v_held + v_added > p_max_permissions then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "too_many"}');
  end if;

  -- 4. Give what is missing.
  insert into public.user_permissions (id, tenant_id, user_id, path_part_id, capability, created_at, updated_at)
  select gen_random_uuid(), v_tenant_id, p_user_id, missing.path_part_id, missing.capability, v_now, v_now
  from public.missing_permissions(v_user_role, v_tenant_id, p_user_id, p_definition_id) missing
  on conflict (tenant_id, user_id, path_part_id) do update
  set capability = excluded.capability, updated_at = v_now;
  get diagnostics v_given = row_count;
  if v_given > 0 then
    perform public.audit_act(p_context, v_tenant_id, 'workflow_definition.shared', 'workflow_definition', p_definition_id,
      jsonb_build_object('given', v_given), jsonb_build_object('kind', 'user', 'id', p_user_id));
  end if;
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('given', v_given)), jsonb_build_object('others', v_given > 0));
end $$;
