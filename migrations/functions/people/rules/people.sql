-- What the verbs on users, permissions, API keys and invites have in common.
--
-- Their part of the order of locks (see ARCHITECTURE.md) is: the tree of the tenant (shared), the tenant, the invite, the user, the key,
-- the session.

-- Checks that the caller is an OWNER or ADMIN of the tenant that a request names. Returns {"tenant_id", "user_id", "role"} of the
-- caller; or {"tenant_id"?, "refused"} where `refused` is one of:
--   unauthenticated, tenant_not_found (another tenant than the caller's), forbidden (a USER)
create or replace function public.judge_tenant_administrator(p_context jsonb, p_tenant_id uuid) returns jsonb
language plpgsql stable as $$
declare
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  if v_tenant_id <> p_tenant_id then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'tenant_not_found');
  end if;
  if not public.is_administrator(v_role) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'forbidden');
  end if;
  return jsonb_build_object('tenant_id', v_tenant_id, 'user_id', v_user_id, 'role', v_role);
end $$;

-- Locks the tenant and then the user, if the caller administers the tenant, and checks that the caller may change this user. With
-- `p_locks_tree`, the tree is locked first (shared), for a verb that deletes permissions.
--
-- Guarantees: a tenant has exactly one OWNER, and only the OWNER changes the OWNER.
-- Closes the race between two changes, such as of two users who demote each other: the second one waits for the tenant's lock,
-- and is judged by the result of the first. And the race with a new key or permission of the user, whose verbs lock the user.
--
-- Returns what `judge_tenant_administrator` returns, where `refused` can also be: not_found (no such user in the tenant), self
-- (the caller is this user), owner (the user is the OWNER)
create or replace function public.lock_and_judge_user_change(
  p_context jsonb, p_tenant_id uuid, p_user_id uuid, p_locks_tree boolean default false
) returns jsonb
language plpgsql as $$
declare
  v_judged jsonb := public.judge_tenant_administrator(p_context, p_tenant_id);
  v_user_role text;
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  if p_locks_tree then
    perform public.lock_tree(p_tenant_id, false);
  end if;
  perform t.id from public.tenants t where t.id = p_tenant_id for no key update;
  select u.role into v_user_role
  from public.users u where u.tenant_id = p_tenant_id and u.id = p_user_id and u.deleted_at is null
  for no key update;

  v_judged := public.judge_tenant_administrator(p_context, p_tenant_id);
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  if v_user_role is null then
    return v_judged || '{"refused": "not_found"}';
  end if;
  if v_judged ->> 'user_id' = p_user_id::text then
    return v_judged || '{"refused": "self"}';
  end if;
  if v_user_role = 'OWNER' then
    return v_judged || '{"refused": "owner"}';
  end if;
  return v_judged;
end $$;

-- Locks the tree (shared, so that no part is moved or deleted meanwhile) and then the user, before the user's permissions are
-- read and changed. So two changes at once can neither exceed the limit nor give the same permission twice. Then it locks the parts that
-- the permissions are for. The place of a workflow is deleted with its workflow, which does not lock the tree: a change of a permission
-- waits for that, and then finds that the part is gone.
create or replace function public.lock_permissions_of(p_tenant_id uuid, p_user_id uuid, p_part_ids uuid[] default null) returns void
language plpgsql as $$
begin
  perform public.lock_tree(p_tenant_id, false);
  perform u.id from public.users u where u.tenant_id = p_tenant_id and u.id = p_user_id for no key update;
  perform part.id
  from public.path_parts part
  where part.tenant_id = p_tenant_id and part.id = any (p_part_ids)
  order by part.id
  for key share;
end $$;

-- Checks that the caller may change or revoke a permission of the tenant that a request names. Returns {"tenant_id", "user_id"
-- of the user who has it}; or {"tenant_id"?, "refused"} where `refused` is one of:
--   unauthenticated, not_found (no such permission that the caller may see), forbidden (a USER, who may see their own)
create or replace function public.judge_permission_change(p_context jsonb, p_tenant_id uuid, p_permission_id uuid) returns jsonb
language plpgsql stable as $$
declare
  v_tenant_id uuid;
  v_role text;
  v_user_id uuid;
begin
  select caller.tenant_id, caller.role, held.user_id into v_tenant_id, v_role, v_user_id
  from public.find_caller(p_context -> 'caller') caller
  left join public.user_permissions held
    on caller.tenant_id = p_tenant_id and held.tenant_id = caller.tenant_id and held.id = p_permission_id
    and public.may_see_user(caller.role, caller.user_id, held.user_id);
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  if v_user_id is null then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'not_found');
  end if;
  if not public.is_administrator(v_role) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'forbidden');
  end if;
  return jsonb_build_object('tenant_id', v_tenant_id, 'user_id', v_user_id);
end $$;

-- Takes the locks of `lock_permissions_of` if the caller may change the permission, and judges that by `judge_permission_change`.
-- `p_path_part_id` is the part that the permission will be for, if it changes.
create or replace function public.lock_and_judge_permission_change(
  p_context jsonb, p_tenant_id uuid, p_permission_id uuid, p_path_part_id uuid default null
) returns jsonb
language plpgsql as $$
declare
  v_judged jsonb := public.judge_permission_change(p_context, p_tenant_id, p_permission_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  perform public.lock_permissions_of(p_tenant_id, (v_judged ->> 'user_id')::uuid, p_path_part_id || array(
    select held.path_part_id from public.user_permissions held where held.id = p_permission_id));
  return public.judge_permission_change(p_context, p_tenant_id, p_permission_id);
end $$;

-- The role of a user of a tenant who may be given permissions, which is everybody who was not deleted. Null for others.
create or replace function public.role_of_known_user(p_tenant_id uuid, p_user_id uuid) returns text
language plpgsql stable as $$
begin
  return (
    select u.role from public.users u where u.tenant_id = p_tenant_id and u.id = p_user_id and u.deleted_at is null);
end $$;

-- Whether a user may get this permission, with the locks of `lock_permissions_of`. `p_permission_id` is the permission that becomes
-- this one; null for a new one. Returns {}, or "refused":
--   unknown  no such user or part in the tenant: with "user_is_known" and "part_is_known"
--   clash    another permission of the user covers this one already, or is on the same part ("is_on_part"): with its "path" and
--            "capability"
create or replace function public.judge_permission(
  p_tenant_id uuid, p_user_id uuid, p_permission_id uuid, p_path_part_id uuid, p_capability text
) returns jsonb
language plpgsql stable as $$
declare
  v_path text;
  v_user_is_known boolean;
begin
  select part.materialized_path into v_path
  from public.path_parts part where part.tenant_id = p_tenant_id and part.id = p_path_part_id;
  v_user_is_known := public.role_of_known_user(p_tenant_id, p_user_id) is not null;
  if v_path is null or not v_user_is_known then
    return jsonb_build_object(
      'refused', 'unknown', 'user_is_known', v_user_is_known, 'part_is_known', v_path is not null);
  end if;
  return coalesce((
    select jsonb_build_object('refused', 'clash', 'path', top.materialized_path, 'capability', other.capability,
      'is_on_part', top.id = p_path_part_id)
    from public.user_permissions other
    -- The limit keeps the planner from reading all parts of the tenant: see `permissions_of`.
    cross join lateral (
      select part.id, part.materialized_path
      from public.path_parts part where part.tenant_id = other.tenant_id and part.id = other.path_part_id
      limit 1
    ) top
    where other.tenant_id = p_tenant_id and other.user_id = p_user_id and other.id is distinct from p_permission_id
      and public.path_covers(top.materialized_path, v_path)
      and (top.id = p_path_part_id or other.capability in ('READ_WRITE', p_capability))
    order by top.materialized_path
    limit 1), '{}');
end $$;

-- A user as the API shows it.
create or replace function public.user_response(p_user_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object('id', u.id, 'email', u.email, 'first_name', u.first_name, 'last_name', u.last_name,
      'idp_type', u.idp_type, 'role', u.role, 'deactivated_at', public.wire_instant(u.deactivated_at),
      'created_at', public.wire_instant(u.created_at), 'updated_at', public.wire_instant(u.updated_at))
    from public.users u
    where u.id = p_user_id);
end $$;

-- A permission as the API shows it, with the current path of its part.
create or replace function public.permission_response(p_permission_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object('id', held.id, 'tenant_id', held.tenant_id, 'user_id', held.user_id,
      'path_part_id', held.path_part_id, 'materialized_path', part.materialized_path, 'capability', held.capability,
      'created_at', public.wire_instant(held.created_at), 'updated_at', public.wire_instant(held.updated_at))
    from public.user_permissions held
    join public.path_parts part on part.tenant_id = held.tenant_id and part.id = held.path_part_id
    where held.id = p_permission_id);
end $$;

-- True for a service user: a USER without an email and a login, who was made for a program. Others make its keys.
create or replace function public.is_service_user(p_tenant_id uuid, p_user_id uuid) returns boolean
language plpgsql stable as $$
begin
  return exists (
    select from public.users u
    where u.tenant_id = p_tenant_id and u.id = p_user_id and u.role = 'USER' and u.email is null and u.deleted_at is null
      and not exists (select from public.logins l where l.tenant_id = u.tenant_id and l.user_id = u.id));
end $$;

-- The number of a user's keys of a kind that work.
create or replace function public.count_working_keys(p_tenant_id uuid, p_user_id uuid, p_kind text) returns bigint
language plpgsql stable as $$
begin
  return (
    select count(*)
    from public.api_keys k
    where k.tenant_id = p_tenant_id and k.user_id = p_user_id and k.kind = p_kind
      and public.key_works(k.revoked_at, k.expires_at));
end $$;

-- An API key as the API shows it, without what is secret.
create or replace function public.api_key_response(p_api_key_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object('id', k.id, 'name', k.name, 'key_suffix', k.key_suffix,
      'created_at', public.wire_instant(k.created_at), 'expires_at', public.wire_instant(k.expires_at))
    from public.api_keys k
    where k.id = p_api_key_id);
end $$;
