-- Which permissions a user needs to run a workflow, and which of them they lack.

-- The permissions that a USER needs to run a definition: to read the definition itself, its sources, instructions and template,
-- and to write its outputs. A permission that is covered by another one is left out.
create or replace function public.needs_of_definition(p_tenant_id uuid, p_definition_id uuid)
returns table (path_part_id uuid, path text, capability text)
language sql stable as $$
  with need as (
    -- READ_WRITE comes after READ in the alphabet, so max() returns it when both are needed.
    select part.id, part.materialized_path as path, max(named.capability) as capability
    from public.workflow_definitions d
    cross join lateral (
      select d.path_part_id, 'READ_ONLY'
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
