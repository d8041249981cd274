-- Ends what an agent may do on behalf of a person: the caller's own, or for an OWNER or ADMIN that of somebody in the tenant. Only the OWNER
-- ends those of the OWNER. The agent is refused from the next request on.
--
-- Closes the race with `renew_agent_grant`: both lock the grant.
--
-- Answers {"result": {}}, or "refused": unauthenticated, not_found (no such grant that the caller may see), of_owner
create or replace function public.end_agent_grant(p_context jsonb, p_grant_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_since constant bigint := public.last_event_id();
  v_tenant_id uuid;
  v_caller_id uuid;
  v_role text;
  v_user_id uuid;
  v_before jsonb;
begin
  perform g.id
  from public.find_caller(p_context -> 'caller') caller
  join public.agent_grants g on g.tenant_id = caller.tenant_id and g.id = p_grant_id
    and public.may_see_user(caller.role, caller.user_id, g.user_id)
  for update of g;
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_caller_id, v_role
  from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return public.answer_of(p_context, v_since, null, '{"refused": "unauthenticated"}');
  end if;
  select g.user_id into v_user_id
  from public.agent_grants g
  where g.tenant_id = v_tenant_id and g.id = p_grant_id and public.may_see_user(v_role, v_caller_id, g.user_id);
  if v_user_id is null then
    return public.answer_of(p_context, v_since, v_tenant_id, '{"refused": "not_found"}');
  end if;
  if public.belongs_to_other_owner(v_caller_id, v_user_id) then
    return public.answer_of(p_context, v_since, v_tenant_id, '{"refused": "of_owner"}');
  end if;
  v_before := public.audited('agent_grant', p_grant_id);
  delete from public.agent_grants g where g.id = p_grant_id;
  perform public.audit_change(p_context, v_tenant_id, 'agent_grant.ended', 'agent_grant', p_grant_id, v_before);
  return public.answer_of(p_context, v_since, v_tenant_id, '{"result": {}}', '{"others": true}');
end $$;
