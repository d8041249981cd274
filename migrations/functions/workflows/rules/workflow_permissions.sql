-- Which permissions a user needs to run a workflow, and which of them they lack.

-- True when a user of this role must be allowed to write a definition itself to run it: it has no outputs, which they would have to be
-- allowed to write, and its policy does not say that reading it is enough.
create or replace function public.needs_write_to_run(p_role text, p_outputs integer, p_run_needs text) returns boolean
language sql immutable as $$
  select p_outputs = 0 and p_run_needs = 'write' and not public.is_administrator(p_role)
$$;

-- The faults that `path_parts_of_run` has found, and one more if the user may not write the definition itself, which they need: see
-- `needs_write_to_run`. It is shown as an output that they may not write, which Workers of all releases know.
create or replace function public.with_write_fault(
  p_faults jsonb, p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid
) returns jsonb
language plpgsql stable as $$
begin
  return nullif(coalesce(p_faults, '[]') || coalesce((
    select jsonb_build_array(jsonb_build_object(
      'field', 'outputs', 'id', node.id, 'path', node.materialized_path, 'fault', 'unwritable'))
    from public.workflow_definitions d
    join public.path_parts node on node.tenant_id = d.tenant_id and node.id = d.path_part_id
    where d.tenant_id = p_tenant_id and d.id = p_definition_id
      and not public.may_change_definition(p_role, p_tenant_id, p_user_id, p_definition_id)), '[]'), '[]');
end $$;

-- The permissions that a USER needs to run a definition: to read the definition itself, its sources, instructions and template,
-- and to write its outputs; without outputs, see `needs_write_to_run`. A permission that is covered by another one is left out.
create or replace function public.needs_of_definition(p_tenant_id uuid, p_definition_id uuid)
returns table (path_part_id uuid, path text, capability text)
language sql stable as $$
  with need as (
    -- READ_WRITE comes after READ in the alphabet, so max() returns it when both are needed.
    select part.id, part.materialized_path as path, max(named.capability) as capability
    from public.workflow_definitions d
    cross join lateral (
      select d.path_part_id, case
        when public.needs_write_to_run('USER', cardinality(d.output_path_part_ids), d.run_needs) then 'READ_WRITE' else 'READ_ONLY'
      end
      union all
      select unnest(d.source_path_part_ids || d.instruction_path_part_ids || d.template_path_part_id), 'READ_ONLY'
      union all
      select unnest(d.output_path_part_ids), 'READ_WRITE'
    ) named (path_part_id, capability)
    join public.path_parts part on part.tenant_id = d.tenant_id and part.id = named.path_part_id
    where d.tenant_id = p_tenant_id and d.id = p_definition_id
    group by part.id, part.materialized_path
  )
  select need.id, need.path, need.capability
  from need
  where not exists (
    select from need wider
    where wider.id <> need.id and public.path_covers(wider.path, need.path)
      and wider.capability in ('READ_WRITE', need.capability))
$$;

-- Those of the needed permissions that no permission of the user covers. Administrators need none.
create or replace function public.missing_permissions(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid
) returns table (path_part_id uuid, capability text)
language sql stable as $$
  select need.path_part_id, need.capability
  from public.permitted_paths(p_role, p_tenant_id, p_user_id) permitted
  cross join public.needs_of_definition(p_tenant_id, p_definition_id) need
  where not public.is_permitted(p_role,
    case need.capability when 'READ_WRITE' then permitted.writable else permitted.readable end, need.path)
$$;
