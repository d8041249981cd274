-- Ends one session of the dashboard: the caller's own, or for an OWNER or ADMIN that of somebody in the tenant. Only the OWNER ends those
-- of the OWNER. It is refused from the next request on, and the streams that its user has opened end; their other sessions open them
-- again.
--
-- Closes the race with `enter_tenant`: both lock the session.
--
-- Answers {"result": {}}, or "refused": unauthenticated, not_found (no such session that the caller may see, or it has ended), of_owner
create or replace function public.end_sign_in_session(p_context jsonb, p_session_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_since constant bigint := public.last_event_id();
  v_tenant_id uuid;
  v_caller_id uuid;
  v_role text;
  v_user_id uuid;
begin
  -- 1. Lock the session if the caller may see it, and judge the caller.
  perform s.id
  from public.find_caller(p_context -> 'caller') caller
  join public.sign_in_sessions s on s.tenant_id = caller.tenant_id and s.id = p_session_id
    and public.may_see_user(caller.role, caller.user_id, s.user_id)
  for no key update of s;
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_caller_id, v_role
  from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return public.answer_of(p_context, v_since, null, '{"refused": "unauthenticated"}');
  end if;
  select s.user_id into v_user_id
  from public.sign_in_sessions s
  where s.tenant_id = v_tenant_id and s.id = p_session_id and s.ended_at is null and s.ends_at > statement_timestamp()
    and public.may_see_user(v_role, v_caller_id, s.user_id);
  if v_user_id is null then
    return public.answer_of(p_context, v_since, v_tenant_id, '{"refused": "not_found"}');
  end if;
  if public.belongs_to_other_owner(v_caller_id, v_user_id) then
    return public.answer_of(p_context, v_since, v_tenant_id, '{"refused": "of_owner"}');
  end if;

  -- 2. End it, and the streams of its user.
  update public.sign_in_sessions s set ended_at = clock_timestamp() where s.id = p_session_id;
  perform public.audit_act(p_context, v_tenant_id, 'user.signed_out', 'user', v_user_id, '{"sessions": 1}');
  return public.answer_of(p_context, v_since, v_tenant_id, '{"result": {}}',
    jsonb_build_object('others', true, 'ended_user_ids', jsonb_build_array(v_user_id)));
end $$;
