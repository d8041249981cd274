-- Signs a user out everywhere: ends all their sessions of the dashboard. `p_user_id` is somebody of the tenant, for an OWNER or ADMIN;
-- null for the caller. Only the OWNER does so to the OWNER. Each session is refused from the next request on, and the streams that the
-- user has opened end. Keys and logins still work, so the user can sign in again.
--
-- Guarantees: of the sessions that have begun before the call none is left.
-- Closes the race with `enter_tenant`: both lock the session. Idempotent.
--
-- Answers {"result": {"ended": how many were open}}, or "refused": unauthenticated, not_found (no such user that the caller may see),
-- of_owner
create or replace function public.end_sign_in_sessions(p_context jsonb, p_user_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_since constant bigint := public.last_event_id();
  v_tenant_id uuid;
  v_caller_id uuid;
  v_role text;
  v_user_id uuid;
  v_ended integer;
begin
  -- 1. Lock the open sessions in the order of their ids, if the caller may see their user, and judge the caller.
  perform s.id
  from public.find_caller(p_context -> 'caller') caller
  join public.sign_in_sessions s on s.tenant_id = caller.tenant_id and s.user_id = coalesce(p_user_id, caller.user_id)
    and public.may_see_user(caller.role, caller.user_id, s.user_id)
  where s.ended_at is null
  order by s.id
  for no key update of s;
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_caller_id, v_role
  from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return public.answer_of(p_context, v_since, null, '{"refused": "unauthenticated"}');
  end if;
  select u.id into v_user_id
  from public.users u
  where u.tenant_id = v_tenant_id and u.id = coalesce(p_user_id, v_caller_id) and u.deleted_at is null
    and public.may_see_user(v_role, v_caller_id, u.id);
  if v_user_id is null then
    return public.answer_of(p_context, v_since, v_tenant_id, '{"refused": "not_found"}');
  end if;
  if public.belongs_to_other_owner(v_caller_id, v_user_id) then
    return public.answer_of(p_context, v_since, v_tenant_id, '{"refused": "of_owner"}');
  end if;

  -- 2. End them, and the streams of the user.
  with ended as (
    update public.sign_in_sessions s
    set ended_at = clock_timestamp()
    where s.tenant_id = v_tenant_id and s.user_id = v_user_id and s.ended_at is null
    returning s.ends_at
  )
  select count(*) filter (where ended.ends_at > statement_timestamp()) into v_ended from ended;
  if v_ended > 0 then
    perform public.audit_act(
      p_context, v_tenant_id, 'user.signed_out', 'user', v_user_id, jsonb_build_object('sessions', v_ended));
  end if;
  return public.answer_of(p_context, v_since, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('ended', v_ended)),
    case when v_ended > 0 then jsonb_build_object('others', true, 'ended_user_ids', jsonb_build_array(v_user_id)) end);
end $$;
