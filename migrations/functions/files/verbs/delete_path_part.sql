-- Deletes a part, all parts below it, and the permissions on them. With `p_part_type`, a part of another type counts as not found.
--
-- Guarantees: no part is deleted that a definition names. The foreign keys delete the parts below and the permissions.
-- Closes the race with a caller who creates a definition: both lock the parts before they look, so one sees the other.
--
-- Answers {"result": {}}, or "refused": named_by_definitions (with "definitions": [{"id", "name"}], those that the caller may see, up
-- to one more than `p_most_named`), and see `lock_and_judge_part`.
create or replace function public.delete_path_part(
  p_context jsonb, p_part_id uuid, p_part_type text, p_most_named integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb;
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_path text;
  v_doomed_ids uuid[];
  v_naming_ids uuid[];
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

  -- 2. Does a definition name one of the parts? Because of `is true`, the planner cannot use an index by tenant, which would make it
  --    read all definitions of a large tenant. It uses the index on the named parts instead.
  v_doomed_ids := array(
    select node.id
    from public.path_parts node
    where node.tenant_id = v_tenant_id and node.materialized_path >= v_path and node.materialized_path < v_path || '0'
      and public.path_covers(v_path, node.materialized_path));
  v_naming_ids := array(
    select d.id
    from public.workflow_definitions d
    where (d.tenant_id = v_tenant_id) is true
      and (d.source_path_part_ids || d.instruction_path_part_ids || d.output_path_part_ids || d.template_path_part_id)
        && v_doomed_ids);
  if cardinality(v_naming_ids) > 0 then
    return public.answer_of(p_context, v_tenant_id, jsonb_build_object(
      'refused', 'named_by_definitions', 'definitions', (
        select coalesce(jsonb_agg(jsonb_build_object('id', named.id, 'name', named.name) order by named.name, named.id), '[]')
        from (
          select d.id, d.name
          from public.workflow_definitions d
          where d.id = any (v_naming_ids) and public.may_see_definition(v_role, v_tenant_id, v_user_id, d.id)
          order by d.name, d.id
          limit p_most_named + 1
        ) named)));
  end if;

  -- 3. Delete it.
  v_before := public.audited('path_part', p_part_id);
  delete from public.path_parts part where part.tenant_id = v_tenant_id and part.id = p_part_id;
  perform public.audit_change(p_context, v_tenant_id, 'path_part.deleted', 'path_part', p_part_id, v_before,
    jsonb_build_object('path_parts', cardinality(v_doomed_ids)));
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}', '{"others": true}');
end $$;
