-- Signs a person in by their account at the login service. The account is tied to at most one user of each tenant. While it is tied to no
-- active user, a verified email ties it to a user who has this email and is not tied to any account yet; once tied, the email does
-- not matter. With `p_asks`, that is the user of the tenant `p_tenant_id`, which the person has chosen; as long as they have not, nothing is
-- changed, and they are asked, since anybody may add anybody. Without `p_asks`, as the Worker of 0.2.0 calls it, it is the first user.
-- Users of other tenants with this email are offered to the person, who has to agree: see `enter_tenant`.
--
-- Guarantees: no account signs in as a user who is tied to another one, whatever its email.
-- Closes the race between two accounts with the same email: both lock the users, and the second finds them tied.
-- Idempotent: called again with the same `p_session_id`, it answers the same session.
--
-- `p_account`: see logins.sql. A session with the id `p_session_id` begins in the first tenant of the answer, which is where
-- the person was last. Answers {"result": see `sessions_of_account`, and "session_id", "offers": how many tenants are offered}, or
-- {"result": {"asks": [{"tenant_id", "tenant_name", "name", "role"}]}}: the tenants that the person may choose. Or "refused": unauthenticated
-- (the ID token has expired), unknown_account (no active user)
create or replace function public.sign_in_by_login(
  p_context jsonb, p_account jsonb, p_session_seconds integer, p_session_id uuid, p_asks boolean default false,
  p_tenant_id uuid default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz;
  v_tenant_id uuid;
  v_user_id uuid;
  v_login_id uuid;
  v_before jsonb;
  v_has_tied boolean := false;
  v_sessions jsonb;
  v_told jsonb;
  v_asks jsonb;
begin
  if public.session_is_current(p_account) is not true then
    return public.answer_of(p_context, null, '{"refused": "unauthenticated"}');
  end if;

  -- 1. Does the person have to choose a tenant? Otherwise lock the active user who has the email and is not tied, unless the account is
  --    tied to somebody, and tie them.
  if p_asks and p_tenant_id is null and public.sessions_of_account(p_account, null, v_now, 0) -> 'tenants' = '[]' then
    select jsonb_agg(jsonb_build_object('tenant_id', offered.tenant_id, 'tenant_name', offered.tenant_name, 'name', offered.name,
      'role', offered.role) order by lower(offered.tenant_name), offered.tenant_id)
    into v_asks
    from public.tenants_offered_by_email(p_account ->> 'iss', p_account ->> 'sub', p_account ->> 'email') offered;
  end if;
  if v_asks is not null then
    return public.answer_of(p_context, null, jsonb_build_object('result', jsonb_build_object('asks', v_asks)));
  end if;
  for v_tenant_id, v_user_id in
    select u.tenant_id, u.id
    from public.users u
    where lower(u.email) = p_account ->> 'email' and u.deleted_at is null and u.deactivated_at is null
      and (not p_asks or u.tenant_id = p_tenant_id)
      and not exists (select from public.logins l where l.tenant_id = u.tenant_id and l.user_id = u.id)
      and not exists (
        select from public.logins l
        join public.users tied on tied.tenant_id = l.tenant_id and tied.id = l.user_id and tied.deactivated_at is null
        where l.iss = p_account ->> 'iss' and l.sub = p_account ->> 'sub')
    order by u.created_at, u.id
    limit 1
    for no key update of u
  loop
    v_login_id := gen_random_uuid();
    v_before := public.audited('user', v_user_id);
    if public.tie_login(v_login_id, v_tenant_id, v_user_id, p_account, clock_timestamp()) then
      v_has_tied := true;
      perform public.audit_change(p_context, v_tenant_id, 'user.login_tied', 'user', v_user_id, v_before, null,
        jsonb_build_object('user_id', v_user_id, 'credential_kind', 'login', 'credential_id', v_login_id));
    end if;
  end loop;
  v_now := clock_timestamp();
  perform public.note_email_of_account(p_account);

  -- 2. As whom does the account sign in?
  v_sessions := public.sessions_of_account(p_account, null, v_now, p_session_seconds);
  v_tenant_id := v_sessions #>> '{tenants,0,tenant_id}';
  if v_tenant_id is null then
    return public.answer_of(p_context, null, '{"refused": "unknown_account"}');
  end if;

  -- 3. Begin the session.
  v_told := public.begin_sign_in_session(p_session_id, v_tenant_id, (v_sessions #>> '{tenants,0,user_id}')::uuid,
    (v_sessions #>> '{tenants,0,login_id}')::uuid, null, v_now, v_now);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', v_sessions || jsonb_build_object('session_id', p_session_id,
      'offers', (select count(*) from public.offered_tenants(p_account ->> 'iss', p_account ->> 'sub')))),
    nullif(coalesce(v_told, '{}') || case when v_has_tied then '{"others": true}'::jsonb else '{}' end, '{}'));
end $$;
