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
  insert into public.logins (id, tenant_id, user_id, iss, sub, email, created_at)
  values (p_login_id, p_tenant_id, p_user_id, p_account ->> 'iss', p_account ->> 'sub', p_account ->> 'email', p_now)
  on conflict do nothing;
  if not found then
    return false;
  end if;
  update public.users u set idp_type = 'TENANT', updated_at = p_now where u.id = p_user_id and u.idp_type <> 'TENANT';
  return true;
end $$;

-- Notes the email that the account has now in all of its logins, so that no tenant is joined by one that it does not have any more.
create or replace function public.note_email_of_account(p_account jsonb) returns void
language plpgsql as $$
begin
  update public.logins l set email = p_account ->> 'email'
  from (
    select own.id from public.logins own
    where own.iss = p_account ->> 'iss' and own.sub = p_account ->> 'sub' and own.email is distinct from p_account ->> 'email'
    order by own.id
    for no key update) changed
  where l.id = changed.id;
end $$;

-- The verified email that the account has now; null when it has none. Earlier, not every sign-in noted it in all logins of the account: then
-- the newest login has it.
create or replace function public.email_of_account(p_iss text, p_sub text) returns text
language sql stable as $$
  select l.email from public.logins l where l.iss = p_iss and l.sub = p_sub order by l.created_at desc, l.id desc limit 1
$$;

-- The users of other tenants who have the verified email of an account, and to whom it is not tied: somebody has added them by the email.
-- In a tenant that is one user, since no two have the same email.
-- The person is asked whether they want to enter that tenant, since anybody may add anybody: see `sign_in_by_login` and `enter_tenant`.
create or replace function public.offered_tenants(p_iss text, p_sub text)
returns table (tenant_id uuid, tenant_name text, user_id uuid, name text, role text)
language sql stable as $$
  select * from public.tenants_offered_by_email(p_iss, p_sub, public.email_of_account(p_iss, p_sub))
$$;

-- The same for an account that has this verified email now, and may have no login yet.
create or replace function public.tenants_offered_by_email(p_iss text, p_sub text, p_email text)
returns table (tenant_id uuid, tenant_name text, user_id uuid, name text, role text)
language sql stable as $$
  select t.id, t.name, u.id, public.display_name(u.first_name, u.last_name, u.email, u.id), u.role
  from public.users u
  join public.tenants t on t.id = u.tenant_id
  where lower(u.email) = p_email and u.deleted_at is null and u.deactivated_at is null and not exists (
    select from public.logins l
    where l.tenant_id = u.tenant_id and (l.user_id = u.id or (l.iss = p_iss and l.sub = p_sub)))
$$;

-- The sessions that begin by this sign-in, one for each active user to whom the account is tied, the tenant that was entered last first:
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
        order by coalesce(l.entered_at, l.last_used_at) desc nulls last, lower(t.name), t.id), '[]'))
    from public.logins l
    join public.users u on u.tenant_id = l.tenant_id and u.id = l.user_id and u.deactivated_at is null
    join public.tenants t on t.id = l.tenant_id
    where l.iss = p_account ->> 'iss' and l.sub = p_account ->> 'sub' and (p_login_id is null or l.id = p_login_id));
end $$;
