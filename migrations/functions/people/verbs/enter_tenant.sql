-- Changes the tenant of a session that began with a login: it ends, and another session of the same account begins in the other tenant,
-- as if it had begun when the first one did. So nobody stays signed in longer by changing. Whoever was added there by their email agrees
-- by this: their account is tied to that user.
--
-- Guarantees: only an account that is tied to an active user of the other tenant enters it, or one whose verified email is that of an
-- active user who is not tied, and only from a session that has not ended.
-- Closes the race with whoever ends the session meanwhile: both lock it, and the second finds it ended; and the one with another account
-- of the same email: both lock the user, and the second finds them tied.
--
-- Answers {"result": {"tenant_id", "tenant_name", "user_id", "login_id", "name", "role", "session_id"}}, or "refused":
--   unauthenticated, not_found (no such tenant that the account can enter)
create or replace function public.enter_tenant(p_context jsonb, p_tenant_id uuid, p_session_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_old_id constant uuid := p_context #>> '{caller,sign_in_session_id}';
  v_tenant_id uuid;
  v_login_id uuid;
  v_user_id uuid;
  v_account jsonb;
  v_began_at timestamptz;
  v_now timestamptz;
  v_before jsonb;
  v_has_tied boolean := false;
  v_told jsonb;
begin
  -- 1. Lock the user of the other tenant whom the account is, or whom it may become; then the session.
  select jsonb_build_object('iss', own.iss, 'sub', own.sub, 'email', public.email_of_account(own.iss, own.sub)), s.began_at into v_account, v_began_at
  from public.sign_in_sessions s
  join public.logins own on own.id = s.login_id
  where s.id = v_old_id;
  select coalesce(
    (select l.user_id from public.logins l
     where l.iss = v_account ->> 'iss' and l.sub = v_account ->> 'sub' and l.tenant_id = p_tenant_id),
    (select offered.user_id from public.offered_tenants(v_account ->> 'iss', v_account ->> 'sub') offered
     where offered.tenant_id = p_tenant_id))
  into v_user_id;
  perform u.id from public.users u where u.tenant_id = p_tenant_id and u.id = v_user_id for no key update;
  perform s.id from public.sign_in_sessions s where s.id = v_old_id and s.ended_at is null for no key update;

  -- 2. Judge the caller.
  select caller.tenant_id into v_tenant_id from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return public.answer_of(p_context, null, '{"refused": "unauthenticated"}');
  end if;
  v_now := clock_timestamp();

  -- 3. Tie the account, if it is not tied there yet.
  if exists (
    select from public.offered_tenants(v_account ->> 'iss', v_account ->> 'sub') offered
    where offered.tenant_id = p_tenant_id and offered.user_id = v_user_id)
  then
    v_login_id := gen_random_uuid();
    v_before := public.audited('user', v_user_id);
    v_has_tied := public.tie_login(v_login_id, p_tenant_id, v_user_id, v_account, v_now);
  end if;
  select l.id into v_login_id
  from public.logins l
  join public.users u on u.tenant_id = l.tenant_id and u.id = l.user_id and u.deactivated_at is null
  where l.iss = v_account ->> 'iss' and l.sub = v_account ->> 'sub' and l.tenant_id = p_tenant_id and l.user_id = v_user_id;
  if v_login_id is null then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "not_found"}');
  end if;
  if v_has_tied then
    perform public.audit_change(p_context, p_tenant_id, 'user.login_tied', 'user', v_user_id, v_before, null,
      jsonb_build_object('user_id', v_user_id, 'credential_kind', 'login', 'credential_id', v_login_id));
  end if;

  -- 4. End this session, and begin the other one.
  update public.sign_in_sessions s set ended_at = v_now where s.id = v_old_id;
  v_told := public.begin_sign_in_session(p_session_id, p_tenant_id, v_user_id, v_login_id, null, v_began_at, v_now);
  return public.answer_of(p_context, p_tenant_id, jsonb_build_object('result', public.person_of_session(v_user_id)
    || jsonb_build_object('login_id', v_login_id, 'session_id', p_session_id)),
    nullif(coalesce(v_told, '{}') || case when v_has_tied then '{"others": true}'::jsonb else '{}' end, '{}'));
end $$;
