-- The parent and the children of a run, of those that a user may see: {"parent_id", "children": the first 50, see `child_response`, each with
-- "workflow_name", "total": how many they are}. `parent_id` is null when there is none.
create or replace function public.family_of(p_role text, p_tenant_id uuid, p_user_id uuid, p_run_id uuid) returns jsonb
language plpgsql stable as $$
declare
  c_most constant integer := 50;
  v_children uuid[];
begin
  v_children := array(
    select r.id
    from public.run_children c
    join public.workflow_runs r on r.id = c.run_id
    where c.parent_run_id = p_run_id and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
      and public.may_see_run(p_role, p_tenant_id, p_user_id, r.user_id, r.workflow_definition_id)
    order by r.id);
  return jsonb_build_object('total', cardinality(v_children),
    'parent_id', (
      select parent.id
      from public.workflow_runs r
      join public.workflow_runs parent on parent.id = r.parent_run_id
      where r.id = p_run_id and public.may_see_run(p_role, p_tenant_id, p_user_id, parent.user_id, parent.workflow_definition_id)),
    'children', (
      select coalesce(jsonb_agg(public.child_response(r.id, statement_timestamp())
        || jsonb_build_object('workflow_name', r.run_snapshot ->> 'workflow_name') order by child.place), '[]')
      from unnest(v_children[1:c_most]) with ordinality child (id, place)
      join public.workflow_runs r on r.id = child.id));
end $$;
