-- The steps that creating and replacing a definition have in common. The content of a definition is a JSON object with the columns
-- that a caller may set: name, description, runner_type, runner_url, webhook_secret_encrypted, max_run_duration_seconds,
-- source_path_part_ids, instruction_path_part_ids, output_path_part_ids, template_path_part_id, is_active.

-- A JSON array of ids as a Postgres array.
create or replace function public.json_uuids(p_ids jsonb) returns uuid[]
language plpgsql immutable as $$
begin
  return array(
    select id::uuid from jsonb_array_elements_text(p_ids) with ordinality as given (id, "position") order by "position");
end $$;

-- Locks the path parts that a definition names until the transaction ends. A deletion of one of them then either commits
-- before this, and the part is found to be missing, or waits for this, and sees that the definition uses the part. The parts
-- are locked in the order of their ids, as deletions do, to avoid deadlocks.
create or replace function public.lock_named_path_parts(p_tenant_id uuid, p_content jsonb) returns void
language plpgsql as $$
begin
  perform part.id
  from public.path_parts part
  where part.tenant_id = p_tenant_id and part.id = any (public.json_uuids(p_content -> 'source_path_part_ids')
    || public.json_uuids(p_content -> 'instruction_path_part_ids')
    || public.json_uuids(p_content -> 'output_path_part_ids')
    || (p_content ->> 'template_path_part_id')::uuid)
  order by part.id
  for key share of part;
end $$;

-- The fields of a definition that name path parts, in the order of A, B, C, D, and the types of parts that each may name.
create or replace function public.definition_fields() returns table (place integer, name text, allowed text[])
language sql immutable as $$
  values
    (1, 'source_path_part_ids', '{FOLDER,DOCUMENT}'::text[]),
    (2, 'instruction_path_part_ids', '{FOLDER,DOCUMENT}'),
    (3, 'output_path_part_ids', '{FOLDER}'),
    (4, 'template_path_part_id', '{DOCUMENT,DOCUMENT_VERSION}')
$$;

-- The faults of the path parts that a definition names, in the order of A, B, C, D; null when there is none.
-- Each fault is {"field", "index", "id", "path", "fault"}, with the template's index null. `fault` is one of:
--   missing     there is no such part, or the caller may not read it
--   wrong_type  with "part_type" and the "allowed" ones
--   below       it lies below another part that is named: "above_field" and "above_index"
--   unwritable  an output that the caller may not write
create or replace function public.path_part_faults(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_content jsonb
) returns jsonb
language plpgsql stable as $$
declare
  v_readable text[];
  v_writable text[];
begin
  select permitted.readable, permitted.writable into v_readable, v_writable
  from public.permitted_paths(p_role, p_tenant_id, p_user_id) permitted;
  return (
    with named as (
      select field.place, field.name as field, field.allowed, given."position", given.id,
        part.materialized_path as path, part.part_type,
        public.is_permitted(p_role, v_writable, part.materialized_path) as may_write
      from public.definition_fields() field
      cross join lateral unnest(case field.name
        when 'template_path_part_id' then array_remove(array[(p_content ->> field.name)::uuid], null)
        else public.json_uuids(p_content -> field.name)
      end) with ordinality as given (id, "position")
      left join public.path_parts part on part.tenant_id = p_tenant_id and part.id = given.id
        and public.is_permitted(p_role, v_readable, part.materialized_path)
    ), judged as (
      select named.*, above.field as above_field, above."position" as above_position,
        case
          when named.path is null then 'missing'
          when named.part_type <> all (named.allowed) then 'wrong_type'
          when above.field is not null then 'below'
          when named.field = 'output_path_part_ids' and not named.may_write then 'unwritable'
        end as fault
      from named
      left join lateral (
        select above.field, above."position"
        from named above
        where starts_with(named.path, above.path || '/')
        order by length(above.path) desc
        limit 1
      ) above on true
    )
    select jsonb_agg(jsonb_build_object('field', field, 'index', public.json_index(field, "position"), 'id', id,
        'path', path, 'fault', fault, 'part_type', part_type, 'allowed', allowed,
        'above_field', above_field, 'above_index', public.json_index(above_field, above_position))
      order by place, "position")
    from judged
    where fault is not null);
end $$;

-- The index of a part in a field of the content, from 0; null for the template, which is not a list.
create or replace function public.json_index(p_field text, p_position bigint) returns bigint
language sql immutable as $$
  select case when p_field <> 'template_path_part_id' then p_position - 1 end
$$;

-- Locks a definition of the tenant that the caller names, whoever the caller is. Returns its id; null when there is no such definition.
create or replace function public.lock_definition(p_context jsonb, p_definition_id uuid) returns uuid
language plpgsql as $$
declare
  v_locked_id uuid;
begin
  select d.id into v_locked_id
  from public.named_tenant(p_context -> 'caller') named
  join public.workflow_definitions d on d.tenant_id = named.id and d.id = p_definition_id
  for update of d;
  return v_locked_id;
end $$;

-- May the caller, whom `find_caller` has found after the lock, see the definition that `lock_definition` has locked? Each may be null.
-- Returns null, or {"refused"} which is one of: unauthenticated, not_found
create or replace function public.judge_sight(p_tenant_id uuid, p_user_id uuid, p_role text, p_locked_id uuid) returns jsonb
language sql stable as $$
  select case
    when p_tenant_id is null then jsonb '{"refused": "unauthenticated"}'
    when p_locked_id is null or not public.may_see_definition(p_role, p_tenant_id, p_user_id, p_locked_id) then jsonb '{"refused": "not_found"}'
  end
$$;

-- Locks a definition of the caller's tenant, and then judges the caller, with the current permissions. Returns {"tenant_id", "user_id",
-- "role"}, or {"tenant_id"?, "refused"}: see `judge_sight`.
create or replace function public.lock_and_judge_definition(p_context jsonb, p_definition_id uuid) returns jsonb
language plpgsql as $$
declare
  v_locked_id constant uuid := public.lock_definition(p_context, p_definition_id);
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_context -> 'caller') caller;
  return jsonb_strip_nulls(jsonb_build_object('tenant_id', v_tenant_id)) || coalesce(
    public.judge_sight(v_tenant_id, v_user_id, v_role, v_locked_id), jsonb_build_object('user_id', v_user_id, 'role', v_role));
end $$;

-- True when a user who may see a definition may also change it.
create or replace function public.may_change_definition(p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid)
returns boolean
language plpgsql stable as $$
begin
  return (
    select rights.may_write
    from public.workflow_definitions d
    join public.path_parts node on node.tenant_id = d.tenant_id and node.id = d.path_part_id
    cross join lateral public.rights_on(p_role, d.tenant_id, p_user_id, node.materialized_path) rights
    where d.tenant_id = p_tenant_id and d.id = p_definition_id);
end $$;

-- The same as `lock_and_judge_definition` for a caller who wants to change the definition. `refused` can also be: forbidden (no write
-- on the definition)
create or replace function public.lock_and_judge_definition_change(p_context jsonb, p_definition_id uuid) returns jsonb
language plpgsql as $$
declare
  v_judged constant jsonb := public.lock_and_judge_definition(p_context, p_definition_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return v_judged || case
    when public.may_change_definition(
      v_judged ->> 'role', (v_judged ->> 'tenant_id')::uuid, (v_judged ->> 'user_id')::uuid, p_definition_id) then '{}'
    else '{"refused": "forbidden"}'::jsonb
  end;
end $$;

-- The first step of the reads of one definition: may the caller see it? Returns {"tenant_id", "user_id", "role"}, or {"tenant_id"?,
-- "refused"} where `refused` is one of: unauthenticated, not_found
create or replace function public.judge_definition_read(p_credential jsonb, p_definition_id uuid) returns jsonb
language plpgsql stable as $$
declare
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  if not exists (
      select from public.workflow_definitions d where d.tenant_id = v_tenant_id and d.id = p_definition_id)
    or not public.may_see_definition(v_role, v_tenant_id, v_user_id, p_definition_id) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'not_found');
  end if;
  return jsonb_build_object('tenant_id', v_tenant_id, 'user_id', v_user_id, 'role', v_role);
end $$;

-- A definition as a reader sees it; null when there is none. Its webhook secret stays in the database.
create or replace function public.definition_response(p_definition_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object(
      'id', d.id, 'name', d.name, 'description', d.description, 'runner_type', d.runner_type,
      'runner_url', d.runner_url, 'max_run_duration_seconds', d.max_run_duration_seconds,
      'source_path_part_ids', d.source_path_part_ids, 'instruction_path_part_ids', d.instruction_path_part_ids,
      'output_path_part_ids', d.output_path_part_ids, 'template_path_part_id', d.template_path_part_id,
      'is_active', d.is_active, 'created_at', public.wire_instant(d.created_at),
      'updated_at', public.wire_instant(d.updated_at))
    from public.workflow_definitions d
    where d.id = p_definition_id);
end $$;

-- The policy of a definition as the API shows it; null when there is no such definition.
create or replace function public.policy_response(p_definition_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object('handover', d.handover, 'lease_seconds', d.lease_seconds, 'max_attempts', d.max_attempts,
      'retry_on', d.retry_on, 'max_running', d.max_running, 'max_running_per_key', d.max_running_per_key,
      'key_from', d.key_from, 'when_busy', d.when_busy, 'replace_grace_seconds', d.replace_grace_seconds,
      'max_queued', d.max_queued, 'run_needs', d.run_needs, 'runner_tags', d.runner_tags,
      'may_trigger', array(
        select named.id from unnest(d.may_trigger) with ordinality named (id, place)
        where exists (select from public.workflow_definitions other where other.id = named.id)
        order by named.place),
      'input_schema', d.input_schema::text)
    from public.workflow_definitions d
    where d.id = p_definition_id);
end $$;

-- The ETag of a definition. It is another one after each change of what a reader sees of it, or of its webhook secret.
create or replace function public.definition_tag(p_definition_id uuid) returns text
language plpgsql stable as $$
begin
  return (
    select encode(sha256(convert_to(
      concat(public.definition_response(d.id), d.webhook_secret_encrypted), 'UTF8')), 'hex')
    from public.workflow_definitions d
    where d.id = p_definition_id);
end $$;

-- The ETag of the policy of a definition.
create or replace function public.policy_tag(p_definition_id uuid) returns text
language plpgsql stable as $$
begin
  return encode(sha256(convert_to(public.policy_response(p_definition_id)::text, 'UTF8')), 'hex');
end $$;

-- What a verb answers when it has saved a definition.
create or replace function public.saved_definition(p_definition_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return jsonb_build_object(
    'definition', public.definition_response(p_definition_id), 'etag', public.definition_tag(p_definition_id));
end $$;

-- What a replacement is answered that may only be made of the definition as its caller has seen it, when it has changed since. A definition
-- that has this content already is answered as if it was saved now: the caller may have lost the answer to the same request. Equal secrets
-- are encrypted differently each time, so the Worker compares the given one with "stored_secret".
create or replace function public.judge_changed_definition(p_definition_id uuid, p_content jsonb) returns jsonb
language plpgsql stable as $$
begin
  return coalesce((
    select jsonb_build_object('result', public.saved_definition(d.id) || case
      when p_content ->> 'webhook_secret_encrypted' <> d.webhook_secret_encrypted
        then jsonb_build_object('stored_secret', d.webhook_secret_encrypted)
      else '{}'
    end)
    from public.workflow_definitions d
    where d.id = p_definition_id
      and (d.name, d.description, d.runner_type, d.runner_url, d.max_run_duration_seconds, d.template_path_part_id, d.is_active)
        is not distinct from (p_content ->> 'name', p_content ->> 'description', p_content ->> 'runner_type', p_content ->> 'runner_url',
          (p_content ->> 'max_run_duration_seconds')::int, (p_content ->> 'template_path_part_id')::uuid,
          (p_content ->> 'is_active')::boolean)
      and d.source_path_part_ids = public.json_uuids(p_content -> 'source_path_part_ids')
      and d.instruction_path_part_ids = public.json_uuids(p_content -> 'instruction_path_part_ids')
      and d.output_path_part_ids = public.json_uuids(p_content -> 'output_path_part_ids')
  ), '{"refused": "changed"}');
end $$;
