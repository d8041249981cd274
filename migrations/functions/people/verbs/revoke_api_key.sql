-- Revokes an API key: from the next request on it is refused. An OWNER or ADMIN may revoke any key of the tenant, but only the
-- OWNER those of the OWNER, so that no ADMIN can lock them out.
--
-- Closes the race between two requests that revoke it: the second waits for the key's lock, and finds it revoked.
--
-- Answers {"result": {}}, or "refused": unauthenticated, not_found (no such key that works and that the caller may see), of_owner
create or replace function public.revoke_api_key(p_context jsonb, p_api_key_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_since constant bigint := public.last_event_id();
  v_tenant_id uuid;
  v_caller_id uuid;
  v_role text;
  v_user_id uuid;
  v_before jsonb;
begin
  -- 1. Lock the key if the caller may see it, and judge the caller.
  perform k.id
  from public.find_caller(p_context -> 'caller') caller
  join public.api_keys k on k.tenant_id = caller.tenant_id and k.id = p_api_key_id
    and public.may_see_user(caller.role, caller.user_id, k.user_id)
  for no key update of k;
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_caller_id, v_role
  from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return public.answer_of(p_context, v_since, null, '{"refused": "unauthenticated"}');
  end if;
  select k.user_id into v_user_id
  from public.api_keys k
  where k.tenant_id = v_tenant_id and k.id = p_api_key_id and public.key_works(k.revoked_at, k.expires_at)
    and public.may_see_user(v_role, v_caller_id, k.user_id);
  if v_user_id is null then
    return public.answer_of(p_context, v_since, v_tenant_id, '{"refused": "not_found"}');
  end if;
  if public.belongs_to_other_owner(v_caller_id, v_user_id) then
    return public.answer_of(p_context, v_since, v_tenant_id, '{"refused": "of_owner"}');
  end if;

  -- 2. Revoke it, and end the streams that its user has opened.
  v_before := public.audited('api_key', p_api_key_id);
  update public.api_keys k set revoked_at = clock_timestamp() where k.id = p_api_key_id;
  perform public.audit_change(p_context, v_tenant_id, 'api_key.revoked', 'api_key', p_api_key_id, v_before);
  return public.answer_of(p_context, v_since, v_tenant_id, '{"result": {}}',
    jsonb_build_object('others', true, 'ended_user_ids', jsonb_build_array(v_user_id)));
end $$;
