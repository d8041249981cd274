-- Adds a part to the tree. A null `p_parent_id` is the root.
--
-- Guarantees: the path of a part is its parent's path and its own name, and siblings have different names.
-- Closes the race with a move of the parent: both lock the tree. Closes the race between two callers who create the same name: the
-- second waits for the first, and then inserts nothing.
--
-- Answers {"result": {"part": see `path_part_response`}}, or "refused": unauthenticated, path_too_long, name_taken, and see
-- `judge_parent` and `judge_cap`.
create or replace function public.create_path_part(
  p_context jsonb, p_part_id uuid, p_name text, p_part_type text, p_parent_id uuid, p_max_path_bytes integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_now timestamptz;
  v_judged jsonb;
  v_path text;
begin
  -- 1. Lock the tree, and judge the caller.
  perform public.lock_tree(caller.tenant_id, false) from public.find_caller(p_context -> 'caller') caller;
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return public.answer_of(p_context, null, '{"refused": "unauthenticated"}');
  end if;
  v_judged := public.judge_parent(v_role, v_tenant_id, v_user_id, p_parent_id, p_part_type);
  if v_judged ? 'refused' then
    return public.answer_of(p_context, v_tenant_id, v_judged);
  end if;
  v_now := clock_timestamp();

  -- 2. Insert the part.
  v_path := (v_judged ->> 'path') || '/' || p_name;
  if octet_length(v_path) > p_max_path_bytes then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "path_too_long"}');
  end if;
  v_judged := public.judge_cap(v_tenant_id, 'path_parts', 1);
  if v_judged ? 'refused' then
    return public.answer_of(p_context, v_tenant_id, v_judged);
  end if;
  insert into public.path_parts (id, tenant_id, parent_id, name, part_type, materialized_path, created_at, updated_at)
  values (p_part_id, v_tenant_id, p_parent_id, p_name, p_part_type, v_path, v_now, v_now)
  on conflict do nothing;
  if not found then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "name_taken"}');
  end if;
  perform public.audit_change(p_context, v_tenant_id, 'path_part.created', 'path_part', p_part_id, null);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object(
      'part', public.path_part_response(v_role, v_tenant_id, v_user_id, p_part_id))),
    '{"others": true}');
end $$;
