-- Changes the tenant of a session that began with a login: it ends, and another session of the same account begins in the other tenant,
-- as if it had begun when the first one did. So nobody stays signed in longer by changing.
--
-- Guarantees: only an account that is tied to an active user of the other tenant enters it, and only from a session that has not ended.
-- Closes the race with whoever ends the session meanwhile: both lock it, and the second finds it ended.
--
-- Answers {"result": {"tenant_id", "tenant_name", "user_id", "login_id", "name", "role", "session_id"}}, or "refused":
--   unauthenticated, not_found (no such tenant that the account can enter)
create or replace function public.enter_tenant(p_context jsonb, p_tenant_id uuid, p_session_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_since constant bigint := public.last_event_id();
  v_old_id constant uuid := p_context #>> '{caller,sign_in_session_id}';
  v_tenant_id uuid;
  v_login_id uuid;
  v_user_id uuid;
  v_began_at timestamptz;
  v_now timestamptz;
begin
  -- 1. Lock the session, and judge the caller.
  perform s.id from public.sign_in_sessions s where s.id = v_old_id and s.ended_at is null for no key update;
  select caller.tenant_id into v_tenant_id from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return public.answer_of(p_context, v_since, null, '{"refused": "unauthenticated"}');
  end if;
  v_now := clock_timestamp();

  -- 2. Who is the account in the other tenant?
  select l.id, l.user_id, s.began_at into v_login_id, v_user_id, v_began_at
  from public.sign_in_sessions s
  join public.logins own on own.id = s.login_id
  join public.logins l on l.iss = own.iss and l.sub = own.sub and l.tenant_id = p_tenant_id
  join public.users u on u.tenant_id = l.tenant_id and u.id = l.user_id and u.deactivated_at is null
  where s.id = v_old_id and s.tenant_id = v_tenant_id;
  if v_login_id is null then
    return public.answer_of(p_context, v_since, v_tenant_id, '{"refused": "not_found"}');
  end if;

  -- 3. End this session, and begin the other one.
  update public.sign_in_sessions s set ended_at = v_now where s.id = v_old_id;
  perform public.begin_sign_in_session(p_session_id, p_tenant_id, v_user_id, v_login_id, null, v_began_at, v_now);
  return public.answer_of(p_context, v_since, v_tenant_id, jsonb_build_object('result', public.person_of_session(v_user_id)
    || jsonb_build_object('login_id', v_login_id, 'session_id', p_session_id)));
end $$;
