-- The steps that the verbs on a tenant's tree of path parts have in common. Each verb begins by locking the tree: shared for
-- creating, exclusive for renaming, moving and deleting.
-- - Why the lock: a path consists of the names above it, so these names must not change while a part is added below them. And
--   two moves at once could each put a folder below the other. A change of permissions locks the tree, too (shared).
-- - Why an advisory lock: its queue is fair, so a move does not wait for ever while others keep creating.
--
-- The parts at and below a path are one range of the index of paths, since '0' is the character after '/'. `path_covers` removes
-- paths such as `/a-b` from the range of `/a`.

-- Locks the tree of a tenant until the transaction ends.
create or replace function public.lock_tree(p_tenant_id uuid, p_is_exclusive boolean) returns void
language plpgsql as $$
declare
  v_key constant bigint := hashtextextended('path_parts of ' || p_tenant_id, 0);
begin
  if p_is_exclusive then
    perform pg_advisory_xact_lock(v_key);
  else
    perform pg_advisory_xact_lock_shared(v_key);
  end if;
end $$;

-- True for a part that only the service itself changes: the folder of the definitions, and its content.
create or replace function public.is_kept(p_system_managed boolean, p_part_type text) returns boolean
language sql immutable as $$
  select p_system_managed or p_part_type = 'WORKFLOW_DEFINITION'
$$;

-- Locks the part at this path, and all parts below it. It waits for transactions that are creating a definition which names one of
-- these parts. They lock parts in the order of their ids as well (`lock_named_path_parts`), so there is no deadlock.
create or replace function public.lock_subtree(p_tenant_id uuid, p_path text) returns void
language plpgsql as $$
begin
  perform node.id
  from public.path_parts node
  where node.tenant_id = p_tenant_id and node.materialized_path >= p_path and node.materialized_path < p_path || '0'
    and public.path_covers(p_path, node.materialized_path)
  order by node.id
  for update of node;
end $$;

-- Locks the tree and a part with all parts below it, and judges the caller: may they change the part? With `p_part_type`, a part of
-- another type counts as not found. Returns {"tenant_id", "user_id", "role", "path", "longest": bytes of the longest path at or
-- below it}, or {"tenant_id"?, "refused"} where `refused` is one of:
--   unauthenticated, part_not_found, part_not_writable, part_is_managed (with "obstacles": see `kept_parts`)
create or replace function public.lock_and_judge_part(p_context jsonb, p_part_id uuid, p_part_type text) returns jsonb
language plpgsql as $$
declare
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_path text;
  v_may_write boolean;
  v_longest integer;
  v_is_managed boolean;
begin
  perform public.lock_tree(caller.tenant_id, true) from public.find_caller(p_context -> 'caller') caller;
  perform public.lock_subtree(caller.tenant_id, part.materialized_path)
  from public.find_caller(p_context -> 'caller') caller
  join public.path_parts part on part.tenant_id = caller.tenant_id and part.id = p_part_id
  cross join lateral public.rights_on(caller.role, caller.tenant_id, caller.user_id, part.materialized_path) rights
  where rights.may_write;

  -- Judged after the locks, with the current permissions.
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  select part.materialized_path, rights.may_write into v_path, v_may_write
  from public.path_parts part
  cross join lateral public.rights_on(v_role, v_tenant_id, v_user_id, part.materialized_path) rights
  where part.tenant_id = v_tenant_id and part.id = p_part_id and rights.may_read
    and (p_part_type is null or part.part_type = p_part_type);
  if v_path is null then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'part_not_found');
  end if;
  if not v_may_write then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'part_not_writable');
  end if;
  select max(octet_length(node.materialized_path)), bool_or(public.is_kept(node.system_managed, node.part_type))
  into v_longest, v_is_managed
  from public.path_parts node
  where node.tenant_id = v_tenant_id and node.materialized_path >= v_path and node.materialized_path < v_path || '0'
    and public.path_covers(v_path, node.materialized_path);
  if v_is_managed then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'part_is_managed',
      'obstacles', public.kept_parts(v_role, v_tenant_id, v_user_id, p_part_id, v_path));
  end if;
  return jsonb_build_object(
    'tenant_id', v_tenant_id, 'user_id', v_user_id, 'role', v_role, 'path', v_path, 'longest', v_longest);
end $$;

-- What keeps a part from being changed: the workflows whose places are at or below it, and other parts below it that the service
-- keeps, as far as the caller may read them. At most five: [{"kind": "workflow" or "kept part", "id", "name"}].
create or replace function public.kept_parts(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_part_id uuid, p_path text
) returns jsonb
language plpgsql stable as $$
declare
  c_most_named constant integer := 5;
  v_readable text[];
begin
  select permitted.readable into v_readable from public.permitted_paths(p_role, p_tenant_id, p_user_id) permitted;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('kind', kept.kind, 'id', kept.id, 'name', kept.name) order by kept.path), '[]')
    from (
      select node.materialized_path as path, case when d.id is not null then 'workflow' else 'kept part' end as kind,
        coalesce(d.id, node.id) as id, coalesce(d.name, node.materialized_path) as name
      from public.path_parts node
      left join lateral (
        select d.id, d.name
        from public.workflow_definitions d
        where d.tenant_id = node.tenant_id and d.path_part_id = node.id
        limit 1
      ) d on true
      where node.tenant_id = p_tenant_id and node.materialized_path >= p_path and node.materialized_path < p_path || '0'
        and public.path_covers(p_path, node.materialized_path)
        and public.is_kept(node.system_managed, node.part_type) and (d.id is not null or node.id <> p_part_id)
        and public.is_permitted(p_role, v_readable, node.materialized_path)
      order by node.materialized_path
      limit c_most_named
    ) kept);
end $$;

-- May this user put a part of this type below this parent? A null parent is the root. Returns {"path": of the parent, '' for the
-- root}, or {"refused"} which is one of: parent_not_found, parent_not_writable, parent_is_managed (with "obstacles": the parent),
-- parent_has_wrong_type
create or replace function public.judge_parent(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_parent_id uuid, p_part_type text
) returns jsonb
language plpgsql stable as $$
declare
  v_path text;
  v_type text;
  v_is_managed boolean;
  v_may_read boolean;
  v_may_write boolean;
begin
  select parent.materialized_path, parent.part_type, public.is_kept(parent.system_managed, parent.part_type),
    rights.may_read, rights.may_write
  into v_path, v_type, v_is_managed, v_may_read, v_may_write
  from public.path_parts parent
  cross join lateral public.rights_on(p_role, p_tenant_id, p_user_id, parent.materialized_path) rights
  where parent.tenant_id = p_tenant_id and parent.id = p_parent_id;
  return case
    when p_parent_id is not null and v_may_read is not true then '{"refused": "parent_not_found"}'
    when not (public.is_administrator(p_role) or v_may_write is true) then '{"refused": "parent_not_writable"}'
    when v_is_managed then jsonb_build_object('refused', 'parent_is_managed', 'obstacles',
      jsonb_build_array(jsonb_build_object('kind', 'kept part', 'id', p_parent_id, 'name', v_path)))
    when case p_part_type when 'DOCUMENT_VERSION' then v_type is distinct from 'DOCUMENT' else v_type <> 'FOLDER' end
      then '{"refused": "parent_has_wrong_type"}'
    else jsonb_build_object('path', coalesce(v_path, ''))
  end;
end $$;

-- A path part as this user sees it.
create or replace function public.path_part_response(p_role text, p_tenant_id uuid, p_user_id uuid, p_part_id uuid)
returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object(
      'id', part.id, 'tenant_id', part.tenant_id, 'parent_id', part.parent_id, 'name', part.name,
      'part_type', part.part_type, 'metadata_obj_id', part.metadata_obj_id, 'materialized_path', part.materialized_path,
      'system_managed', public.is_kept(part.system_managed, part.part_type),
      'can_read', rights.may_read, 'can_write', rights.may_write,
      'created_at', public.wire_instant(part.created_at), 'updated_at', public.wire_instant(part.updated_at))
    from public.path_parts part
    cross join lateral public.rights_on(p_role, p_tenant_id, p_user_id, part.materialized_path) rights
    where part.tenant_id = p_tenant_id and part.id = p_part_id);
end $$;
