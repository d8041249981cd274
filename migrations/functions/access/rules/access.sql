-- The access rules: who the caller is, and what they may see and do. All verbs and lists use these functions; the rules are
-- defined nowhere else.
--
-- There are two kinds of functions:
-- 1. Set-returning `language sql stable` functions, to be used in FROM. Postgres inlines them, so that a list can use its
--    indexes. They have no SET clause, since that would prevent the inlining.
-- 2. Scalar functions, for single rows. Those that read a table are plpgsql, which keeps its plans for the session.

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

-- The caller to whom a credential belongs: one row, or none when the credential is not valid now. The credential is
-- {"api_key_hash": hex SHA-256}, or the verified claims of a session: {"user_id", "tenant_id", "expires_at", "not_before",
-- "api_key_id", "login_id", "sign_in_session_id", "agent_grant_id"}, instants in seconds since 1970. A session of the dashboard is valid
-- until it ends: see `open_sign_in_sessions`. A runner key is not accepted here: see `find_key_holder`.
create or replace function public.find_caller(p_credential jsonb)
returns table (user_id uuid, tenant_id uuid, role text)
language sql stable as $$
  select u.id, u.tenant_id, u.role
  from (
    select k.tenant_id, k.user_id
    from public.api_keys k
    where k.key_hash = decode(p_credential ->> 'api_key_hash', 'hex') and k.kind = 'USER'
      and public.key_works(k.revoked_at, k.expires_at)
    union all
    select s.tenant_id, s.user_id
    from public.open_sign_in_sessions((p_credential ->> 'tenant_id')::uuid, (p_credential ->> 'user_id')::uuid) s
    where s.id = (p_credential ->> 'sign_in_session_id')::uuid and public.session_is_current(p_credential)
    union all
    select (p_credential ->> 'tenant_id')::uuid, (p_credential ->> 'user_id')::uuid
    where p_credential ->> 'sign_in_session_id' is null and public.session_is_current(p_credential)
      and (p_credential ->> 'agent_grant_id' is null or public.agent_grant_stands(p_credential))
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

-- True for the roles that may see and do everything in their tenant.
create or replace function public.is_administrator(p_role text) returns boolean
language sql immutable as $$
  select p_role in ('OWNER', 'ADMIN')
$$;

-- True when the caller may see what belongs to this user: a USER only sees their own things, administrators those of everybody.
create or replace function public.may_see_user(p_role text, p_user_id uuid, p_other_id uuid) returns boolean
language sql immutable as $$
  select public.is_administrator(p_role) or p_other_id = p_user_id
$$;

-- True when a path is `p_top` or lies below it, by whole segments: `/a` does not cover `/ab`.
create or replace function public.path_covers(p_top text, p_path text) returns boolean
language sql immutable as $$
  select p_path = p_top or starts_with(p_path, p_top || '/')
$$;

-- Checks that the caller is an OWNER or ADMIN. Returns {"tenant_id"}, or {"tenant_id"?, "refused"} where `refused` is one of:
--   unauthenticated, forbidden (a USER)
create or replace function public.judge_administrator(p_credential jsonb) returns jsonb
language plpgsql stable as $$
declare
  v_tenant_id uuid;
  v_role text;
begin
  select caller.tenant_id, caller.role into v_tenant_id, v_role from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  if not public.is_administrator(v_role) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'forbidden');
  end if;
  return jsonb_build_object('tenant_id', v_tenant_id);
end $$;

-- The permissions of a user, each with the path of its part. Administrators need none.
create or replace function public.permissions_of(p_role text, p_tenant_id uuid, p_user_id uuid)
returns table (path text, capability text)
language sql stable as $$
  -- A subquery instead of a join: for a join, the planner may read all parts of the tenant, since it assumes that every tenant
  -- has the average size.
  select (
      select part.materialized_path from public.path_parts part
      where part.tenant_id = permission.tenant_id and part.id = permission.path_part_id),
    permission.capability
  from public.user_permissions permission
  where permission.tenant_id = p_tenant_id and permission.user_id = p_user_id and p_role = 'USER'
  offset 0 -- keeps the planner from merging this query into others: each part is looked up once, however often it is used
$$;

-- One row with the paths that a USER may read and the paths that they may write. Each path covers everything below it. Null
-- means no path.
create or replace function public.permitted_paths(p_role text, p_tenant_id uuid, p_user_id uuid)
returns table (readable text[], writable text[])
language sql stable as $$
  select array_agg(permission.path), array_agg(permission.path) filter (where permission.capability = 'READ_WRITE')
  from public.permissions_of(p_role, p_tenant_id, p_user_id) permission
$$;

-- True when a user of this role, with these readable (or writable) paths of `permitted_paths`, may read (or write) a path.
create or replace function public.is_permitted(p_role text, p_permitted text[], p_path text) returns boolean
language plpgsql immutable as $$
begin
  if p_path is null then
    return false;
  end if;
  if public.is_administrator(p_role) then
    return true;
  end if;
  return exists (select from unnest(p_permitted) top (path) where public.path_covers(top.path, p_path));
end $$;

-- Whether the caller may read and may write the part at a path: one row.
create or replace function public.rights_on(p_role text, p_tenant_id uuid, p_user_id uuid, p_path text)
returns table (may_read boolean, may_write boolean)
language sql stable as $$
  select public.is_permitted(p_role, permitted.readable, p_path), public.is_permitted(p_role, permitted.writable, p_path)
  from public.permitted_paths(p_role, p_tenant_id, p_user_id) permitted
$$;

-- The definitions that a USER may read. The search starts from their permissions, so its time does not grow with the number of
-- the tenant's definitions. Empty for administrators, who need no permissions.
create or replace function public.readable_definitions(p_role text, p_tenant_id uuid, p_user_id uuid)
returns table (id uuid)
language sql stable as $$
  -- Materialized and lateral, so that it is executed step by step: the planner cannot know how few definitions are below the
  -- permissions, and might otherwise join all definitions of the tenant with all permissions first.
  with permission as materialized (
    select p_tenant_id as tenant_id, path from public.permissions_of(p_role, p_tenant_id, p_user_id)
  ), node as materialized (
    select distinct below.tenant_id, below.id
    from permission
    cross join lateral (
      select part.tenant_id, part.id
      from public.path_parts part
      where part.tenant_id = permission.tenant_id and part.part_type = 'WORKFLOW_DEFINITION'
        -- '0' is the character after '/', so this is one range of the index.
        and part.materialized_path >= permission.path and part.materialized_path < permission.path || '0'
        and public.path_covers(permission.path, part.materialized_path)
      offset 0
    ) below
  )
  select definition.id
  from node
  cross join lateral (
    select d.id from public.workflow_definitions d
    where d.tenant_id = node.tenant_id and d.path_part_id = node.id
    limit 1
  ) definition
$$;

-- The definitions that the caller may see.
create or replace function public.visible_definitions(p_role text, p_tenant_id uuid, p_user_id uuid) returns table (id uuid)
language sql stable as $$
  select d.id from public.workflow_definitions d where public.is_administrator(p_role) and d.tenant_id = p_tenant_id
  union all
  select readable.id from public.readable_definitions(p_role, p_tenant_id, p_user_id) readable
$$;

-- The number of definitions that the caller may see: one row.
create or replace function public.count_definitions(p_role text, p_tenant_id uuid, p_user_id uuid)
returns table (total integer)
language sql stable as $$
  select count(*)::integer from public.visible_definitions(p_role, p_tenant_id, p_user_id)
$$;

-- The newest definitions that the caller may see, unordered: at least `p_limit` of them, if there are that many.
create or replace function public.newest_definitions(p_role text, p_tenant_id uuid, p_user_id uuid, p_limit bigint)
returns table (id uuid, created_at timestamptz)
language sql stable as $$
  (
    select d.id, d.created_at
    from public.workflow_definitions d
    where public.is_administrator(p_role) and d.tenant_id = p_tenant_id
    order by d.created_at desc, d.id desc
    limit p_limit
  )
  union all
  select d.id, d.created_at
  from public.readable_definitions(p_role, p_tenant_id, p_user_id) readable
  join public.workflow_definitions d on d.id = readable.id
$$;

-- True when a user of this role with these readable paths may see a definition, which is identified by its path part. For
-- queries of several rows: the permissions are read only once, by `permitted_paths`.
create or replace function public.definition_is_visible(
  p_role text, p_readable text[], p_tenant_id uuid, p_path_part_id uuid
) returns boolean
language plpgsql stable as $$
begin
  if public.is_administrator(p_role) then
    return true;
  end if;
  return exists (
    select
    from public.path_parts node
    where node.tenant_id = p_tenant_id and node.id = p_path_part_id
      and public.is_permitted(p_role, p_readable, node.materialized_path));
end $$;

-- True when the caller may see this definition of their tenant.
create or replace function public.may_see_definition(p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid)
returns boolean
language plpgsql stable as $$
begin
  if public.is_administrator(p_role) then
    return true;
  end if;
  return exists (
    select
    from public.workflow_definitions d
    cross join public.permitted_paths(p_role, p_tenant_id, p_user_id) permitted
    where d.tenant_id = p_tenant_id and d.id = p_definition_id
      and public.definition_is_visible(p_role, permitted.readable, d.tenant_id, d.path_part_id));
end $$;

-- The rule for who may see a run: administrators, the user who triggered it, and users who may read its definition. Runs of a deleted
-- definition are stored until the sweep deletes them, so each query, also of the sweep, that does not join the definition has this condition:
--   r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
create or replace function public.run_is_visible(
  p_role text, p_user_id uuid, p_run_user_id uuid, p_definition_is_readable boolean
) returns boolean
language sql immutable as $$
  select public.is_administrator(p_role) or p_run_user_id = p_user_id or p_definition_is_readable
$$;

-- True when the caller may see a run of their tenant.
create or replace function public.may_see_run(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_run_user_id uuid, p_definition_id uuid
) returns boolean
language plpgsql stable as $$
begin
  -- The definition is looked up only when the other rules are not enough.
  return public.run_is_visible(p_role, p_user_id, p_run_user_id, false)
    or public.may_see_definition(p_role, p_tenant_id, p_user_id, p_definition_id);
end $$;

-- True when the caller may stop, retry or delete a run that they may see.
create or replace function public.may_change_run(p_role text, p_user_id uuid, p_run_user_id uuid) returns boolean
language sql immutable as $$
  select public.is_administrator(p_role) or p_run_user_id = p_user_id
$$;
