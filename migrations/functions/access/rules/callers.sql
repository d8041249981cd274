-- Who the caller is. What they may see and do is in `access.sql`, which also says when a function of rows is inlined.

-- True for an API key that is neither revoked nor expired. This and the next function read the clock and not `statement_timestamp()`: a
-- verb judges its caller again after it has waited for its locks, and the credential may have ended meanwhile.
create or replace function public.key_works(p_revoked_at timestamptz, p_expires_at timestamptz) returns boolean
language sql volatile as $$
  select p_revoked_at is null and (p_expires_at is null or p_expires_at > clock_timestamp())
$$;

-- True for the claims of a session that is valid now. The issuer's clock may be 30 seconds off.
create or replace function public.session_is_current(p_credential jsonb) returns boolean
language sql volatile as $$
  select clock_timestamp() < to_timestamp((p_credential ->> 'expires_at')::float8) + interval '30 seconds'
    and clock_timestamp() >= to_timestamp((p_credential ->> 'not_before')::float8) - interval '30 seconds'
$$;

-- The sessions of a user that have not ended, and whose login or API key still works.
create or replace function public.open_sign_in_sessions(p_tenant_id uuid, p_user_id uuid) returns setof public.sign_in_sessions
language sql stable as $$
  select s.*
  from public.sign_in_sessions s
  where s.tenant_id = p_tenant_id and s.user_id = p_user_id and s.ended_at is null and s.ends_at > clock_timestamp()
    and case
      when s.api_key_id is not null then exists (
        select from public.api_keys k
        where k.tenant_id = s.tenant_id and k.id = s.api_key_id and public.key_works(k.revoked_at, k.expires_at))
      else exists (
        select from public.logins l where l.id = s.login_id and l.tenant_id = s.tenant_id and l.user_id = s.user_id)
    end
$$;

-- The user of the verified claims of a session, if these are valid now: one row, or none. A session of the dashboard is valid only until
-- somebody ends it, or the API key or the login with which it began: see `open_sign_in_sessions`. It is plpgsql, so that a call with an API
-- key does not pay for these look-ups.
create or replace function public.user_of_session(p_credential jsonb) returns table (tenant_id uuid, user_id uuid)
language plpgsql stable rows 1 as $$
#variable_conflict use_column
begin
  return query
  select s.tenant_id, s.user_id
  from public.open_sign_in_sessions((p_credential ->> 'tenant_id')::uuid, (p_credential ->> 'user_id')::uuid) s
  where s.id = (p_credential ->> 'sign_in_session_id')::uuid and public.session_is_current(p_credential)
  union all
  select (p_credential ->> 'tenant_id')::uuid, (p_credential ->> 'user_id')::uuid
  where p_credential ->> 'sign_in_session_id' is null and public.session_is_current(p_credential)
    and (p_credential ->> 'agent_grant_id' is null or public.agent_grant_stands(p_credential));
end $$;

-- The caller to whom a credential belongs: one row, or none when the credential is not valid now. The credential is
-- {"api_key_hash": hex SHA-256, "scopes"?: such as "read,run"}, or the verified claims of a session: {"user_id", "tenant_id", "expires_at",
-- "not_before", "api_key_id", "login_id", "sign_in_session_id", "agent_grant_id"}, instants in seconds since 1970: see `user_of_session`. A
-- runner key is not accepted here: see `find_key_holder`.
create or replace function public.find_caller(p_credential jsonb)
returns table (user_id uuid, tenant_id uuid, role text)
language sql stable as $$
  select u.id, u.tenant_id, u.role
  from (
    select k.tenant_id, k.user_id
    from public.api_keys k
    where k.key_hash = decode(p_credential ->> 'api_key_hash', 'hex') and k.kind = 'USER'
      and k.scopes is not distinct from p_credential ->> 'scopes' and public.key_works(k.revoked_at, k.expires_at)
    union all
    select session.tenant_id, session.user_id
    from public.user_of_session(p_credential) session
    where p_credential ? 'user_id'
  ) proven
  -- A plain join that is planned while there are few users reads all of them, and a connection keeps that plan when there are many. The
  -- subquery with `limit` makes Postgres use the primary key.
  cross join lateral (
    select u.id, u.tenant_id, u.role
    from public.users u
    where u.tenant_id = proven.tenant_id and u.id = proven.user_id and u.deactivated_at is null
    limit 1) u
$$;

-- The tenant that a credential names, whether or not it is valid: one row, or none. A verb may lock rows of that tenant with it, and then
-- judges the caller.
create or replace function public.named_tenant(p_credential jsonb) returns table (id uuid)
language sql stable as $$
  select k.tenant_id from public.api_keys k where k.key_hash = decode(p_credential ->> 'api_key_hash', 'hex')
  union all
  select (p_credential ->> 'tenant_id')::uuid where p_credential ? 'tenant_id'
$$;

-- The same for statements that are planned each time. It is plpgsql, which keeps the plan for the connection, so these statements do not
-- plan the look-ups of credentials.
create or replace function public.find_caller_by_kept_plan(p_credential jsonb)
returns table (user_id uuid, tenant_id uuid, role text)
language plpgsql stable rows 1 as $$
#variable_conflict use_column
begin
  return query select caller.user_id, caller.tenant_id, caller.role from public.find_caller(p_credential) caller;
end $$;

-- The role of a user of the tenant, on whose behalf something happens without a credential, such as the firing of their trigger. Null
-- for a user who was deactivated or deleted.
create or replace function public.role_of(p_tenant_id uuid, p_user_id uuid) returns text
language plpgsql stable as $$
begin
  return (
    select u.role from public.users u
    where u.tenant_id = p_tenant_id and u.id = p_user_id and u.deactivated_at is null);
end $$;
