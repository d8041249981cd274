-- Reads the policy of a definition that the caller may see.
--
-- Answers {"tenant_id", "policy"}, or "refused": unauthenticated, not_found.
create or replace function public.find_policy(p_credential jsonb, p_definition_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  if not exists (
      select from public.workflow_definitions d where d.tenant_id = v_tenant_id and d.id = p_definition_id)
    or not public.may_see_definition(v_role, v_tenant_id, v_user_id, p_definition_id) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'not_found');
  end if;
  return jsonb_build_object('tenant_id', v_tenant_id, 'policy', public.policy_response(p_definition_id));
end $$;
