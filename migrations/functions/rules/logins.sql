-- What the verbs of signing in by the login service have in common.
--
-- An account is what an ID token of the login service says: {"iss", "sub", "email", "expires_at", "not_before"}, instants in seconds
-- since 1970. "email" is null unless it is verified; its letters A to Z are in lower case.

-- Ties the account to a user, unless one of the two is tied already. True when it was tied. From now on the login service
-- identifies the user, so that no invite can sign anybody else in as them: see `may_be_invited`.
create or replace function public.tie_login(
  p_login_id uuid, p_tenant_id uuid, p_user_id uuid, p_account jsonb, p_now timestamptz
) returns boolean
language plpgsql as $$
begin
  insert into public.logins (id, tenant_id, user_id, iss, sub, created_at)
  values (p_login_id, p_tenant_id, p_user_id, p_account ->> 'iss', p_account ->> 'sub', p_now)
  on conflict do nothing;
  if not found then
    return false;
  end if;
  update public.users u set idp_type = 'TENANT', updated_at = p_now where u.id = p_user_id and u.idp_type <> 'TENANT';
  return true;
end $$;

-- The sessions that begin by this sign-in, one for each active user to whom the account is tied, by the names of their tenants:
-- {"began_at", "expires_at", "tenants": [{"tenant_id", "tenant_name", "user_id", "login_id", "name", "role"}]}. With `p_login_id`
-- only that one.
create or replace function public.sessions_of_account(
  p_account jsonb, p_login_id uuid, p_now timestamptz, p_session_seconds integer
) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object('began_at', floor(extract(epoch from p_now))::bigint,
      'expires_at', floor(extract(epoch from p_now))::bigint + p_session_seconds,
      'tenants', coalesce(jsonb_agg(public.person_of_session(u.id) || jsonb_build_object('login_id', l.id)
        order by lower(t.name), t.id), '[]'))
    from public.logins l
    join public.users u on u.tenant_id = l.tenant_id and u.id = l.user_id and u.deactivated_at is null
    join public.tenants t on t.id = l.tenant_id
    where l.iss = p_account ->> 'iss' and l.sub = p_account ->> 'sub' and (p_login_id is null or l.id = p_login_id));
end $$;
