-- The access rules: what callers may see and do (who the caller is: `callers.sql`). All verbs and lists use these functions; the rules are
-- defined nowhere else.
--
-- There are two kinds of functions:
-- 1. Set-returning `language sql stable` functions, to be used in FROM. Postgres inlines them, so that a list can use its
--    indexes. They have no SET clause, since that would prevent the inlining.
-- 2. Scalar functions, for single rows. Those that read a table are plpgsql, which keeps its plans for the session.

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

-- May this user read the part at a path, or write it? It is plpgsql, so that a query that asks it only for some rows does not pay for the rest.
create or replace function public.may_use_path(p_role text, p_tenant_id uuid, p_user_id uuid, p_path text, p_writes boolean) returns boolean
language plpgsql stable as $$
begin
  return (
    select case when p_writes then rights.may_write else rights.may_read end
    from public.rights_on(p_role, p_tenant_id, p_user_id, p_path) rights);
end $$;

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

-- True when a definition exists in a tenant, and this user of it may see it.
create or replace function public.sees_definition_of(p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid)
returns boolean
language plpgsql stable as $$
begin
  return exists (select from public.workflow_definitions d where d.tenant_id = p_tenant_id and d.id = p_definition_id)
    and public.may_see_definition(p_role, p_tenant_id, p_user_id, p_definition_id);
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
