-- The path parts that a run reads and writes, in the order of A, B, C, D, one row for each, with the reason why the caller may
-- not use it. `position` is the place of a part among all of them, from 1.
-- `field` is 'sources', 'instructions', 'outputs' or 'template'; `fault` is null, or:
--   missing     the part no longer exists
--   unreadable  the caller may not read it
--   unwritable  it is an output, and the caller may not write it
--   empty       a source folder without a document below it
create or replace function public.path_parts_of_run(
  p_role text, p_tenant_id uuid, p_user_id uuid,
  p_source_ids uuid[], p_instruction_ids uuid[], p_output_ids uuid[], p_template_id uuid
) returns table (field text, id uuid, "position" bigint, path text, part_type text, fault text)
language sql stable as $$
  select given.field, given.id, given."position", part.materialized_path, part.part_type,
    case
      when part.id is null then 'missing'
      -- Administrators need no permissions, so nothing is asked for them.
      when not public.is_administrator(p_role)
        and not public.may_use_path(p_role, p_tenant_id, p_user_id, part.materialized_path, given.field = 'outputs') then
        case given.field when 'outputs' then 'unwritable' else 'unreadable' end
      when part.part_type = 'FOLDER' and given.field = 'sources' and not exists (
        select from public.path_parts document
        where document.tenant_id = p_tenant_id and document.part_type = 'DOCUMENT'
          -- '0' is the character after '/', so this is one range of the index.
          and document.materialized_path > part.materialized_path || '/'
          and document.materialized_path < part.materialized_path || '0') then 'empty'
    end
  from unnest(
    p_source_ids || p_instruction_ids || p_output_ids || p_template_id,
    array_fill('sources'::text, array[cardinality(p_source_ids)]) || array_fill('instructions'::text, array[cardinality(p_instruction_ids)])
      || array_fill('outputs'::text, array[cardinality(p_output_ids)]) || 'template'::text
  ) with ordinality as given (id, field, "position")
  -- Each part is looked up by its id. With a join, the planner might read all parts of the tenant.
  left join lateral (
    select part.id, part.materialized_path, part.part_type
    from public.path_parts part
    where part.tenant_id = p_tenant_id and part.id = given.id
    limit 1
  ) part on true
  where given.id is not null
$$;

-- True when this user has the rights that an invoke of a definition needs now. An invoke may be refused for other reasons.
create or replace function public.may_invoke(p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid) returns boolean
language plpgsql stable as $$
begin
  if public.is_administrator(p_role) then
    return true;
  end if;
  return public.may_see_definition(p_role, p_tenant_id, p_user_id, p_definition_id) and exists (
    select from public.workflow_definitions d
    where d.tenant_id = p_tenant_id and d.id = p_definition_id
      and (not public.needs_write_to_run(p_role, cardinality(d.output_path_part_ids), d.run_needs)
        or public.may_change_definition(p_role, p_tenant_id, p_user_id, p_definition_id))
      and not exists (
        select from public.path_parts_of_run(p_role, p_tenant_id, p_user_id, d.source_path_part_ids,
          d.instruction_path_part_ids, d.output_path_part_ids, d.template_path_part_id) part
        where part.fault in ('unreadable', 'unwritable')));
end $$;

-- Faults of path parts, [{"field", "id", "path", "fault"}], as a refusal shows them to this user, by field: `path` is null for a part that
-- the user may not read. Null when there are no faults.
create or replace function public.faults_as_seen(p_role text, p_tenant_id uuid, p_user_id uuid, p_faults jsonb) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_agg(
      given.fault || case when public.is_permitted(p_role, permitted.readable, given.fault ->> 'path') then '{}'
        else '{"path": null}'::jsonb end
      order by given.fault ->> 'field', given."position")
    from public.permitted_paths(p_role, p_tenant_id, p_user_id) permitted
    cross join lateral jsonb_array_elements(p_faults) with ordinality as given (fault, "position"));
end $$;

-- True when one of the faults of `path_parts_of_run` is that the user lacks a right.
create or replace function public.lacks_rights(p_faults jsonb) returns boolean
language plpgsql immutable as $$
begin
  return exists (
    select from jsonb_array_elements(p_faults) fault (value) where fault.value ->> 'fault' in ('unreadable', 'unwritable'));
end $$;
