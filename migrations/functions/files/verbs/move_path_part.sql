-- Renames or moves a part, or both. A null `p_name` keeps its name. With `p_is_put` it gets the parent `p_parent_id`; null is the
-- root. With `p_part_type`, a part of another type counts as not found.
--
-- Guarantees: all paths below the part change in the same statement as its own, however many there are; their `updated_at` does
-- not. A part never gets below itself, and siblings have different names.
-- Closes the race with callers who move, create or delete parts near it: all of them lock the tree.
--
-- Answers {"result": {"part": see `path_part_response`}}, or "refused": parent_is_below_part, path_too_long, name_taken (with
-- "obstacles": the part that has the name, if the caller may read it), and see `lock_and_judge_part` and `judge_parent`.
create or replace function public.move_path_part(
  p_context jsonb, p_part_id uuid, p_part_type text, p_name text, p_is_put boolean, p_parent_id uuid,
  p_max_path_bytes integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb;
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_now timestamptz;
  v_path text;
  v_longest integer;
  v_name text;
  v_type text;
  v_parent_id uuid;
  v_new_path text;
  v_other_id uuid;
  v_obstacles jsonb;
  v_before jsonb;
begin
  -- 1. Lock the tree and the part, and judge the caller.
  v_judged := public.lock_and_judge_part(p_context, p_part_id, p_part_type);
  v_tenant_id := v_judged ->> 'tenant_id';
  if v_judged ? 'refused' then
    return public.answer_of(p_context, v_tenant_id, v_judged);
  end if;
  v_user_id := v_judged ->> 'user_id';
  v_role := v_judged ->> 'role';
  v_path := v_judged ->> 'path';
  v_longest := v_judged ->> 'longest';
  v_now := clock_timestamp();

  -- 2. Where does it go? A part whose parent stays the same is not moved, so the caller needs no right on the parent.
  select coalesce(p_name, part.name), part.part_type, part.parent_id into v_name, v_type, v_parent_id
  from public.path_parts part
  where part.tenant_id = v_tenant_id and part.id = p_part_id;
  if p_is_put and p_parent_id is distinct from v_parent_id then
    v_judged := public.judge_parent(v_role, v_tenant_id, v_user_id, p_parent_id, v_type);
    if v_judged ? 'refused' then
      return public.answer_of(p_context, v_tenant_id, v_judged);
    end if;
    if public.path_covers(v_path, v_judged ->> 'path') then
      return public.answer_of(p_context, v_tenant_id, '{"refused": "parent_is_below_part"}');
    end if;
    v_parent_id := p_parent_id;
    v_new_path := (v_judged ->> 'path') || '/' || v_name;
  else
    v_new_path := coalesce((
      select parent.materialized_path from public.path_parts parent
      where parent.tenant_id = v_tenant_id and parent.id = v_parent_id), '') || '/' || v_name;
  end if;
  if octet_length(v_new_path) + v_longest - octet_length(v_path) > p_max_path_bytes then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "path_too_long"}');
  end if;
  select other.id, case when rights.may_read
    then jsonb_build_array(jsonb_build_object('kind', 'path part', 'id', other.id, 'name', other.materialized_path))
    else '[]' end
  into v_other_id, v_obstacles
  from public.path_parts other
  cross join lateral public.rights_on(v_role, v_tenant_id, v_user_id, other.materialized_path) rights
  where other.tenant_id = v_tenant_id and other.materialized_path = v_new_path and other.id <> p_part_id;
  if v_other_id is not null then
    return public.answer_of(p_context, v_tenant_id,
      jsonb_build_object('refused', 'name_taken', 'obstacles', v_obstacles));
  end if;

  -- 3. Change the paths.
  v_before := public.audited('path_part', p_part_id);
  update public.path_parts node
  set name = case when node.id = p_part_id then v_name else node.name end,
    parent_id = case when node.id = p_part_id then v_parent_id else node.parent_id end,
    materialized_path = v_new_path || substr(node.materialized_path, length(v_path) + 1),
    updated_at = case when node.id = p_part_id then v_now else node.updated_at end
  where node.tenant_id = v_tenant_id and node.materialized_path >= v_path and node.materialized_path < v_path || '0'
    and public.path_covers(v_path, node.materialized_path);
  perform public.audit_change(p_context, v_tenant_id, 'path_part.changed', 'path_part', p_part_id, v_before);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object(
      'part', public.path_part_response(v_role, v_tenant_id, v_user_id, p_part_id))),
    '{"others": true}');
end $$;
