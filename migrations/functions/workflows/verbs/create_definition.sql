-- Creates a definition, and its node in the tenant's tree. With `p_policy_of`, a copy: it gets the policy of that definition, if it still
-- exists. With `p_handover`, its runs get to their runners in this way.
--
-- Guarantees: a definition and its node are inserted together, and the definition names only parts that exist.
-- Closes the race with the deletion of such a part: the parts are locked before they are checked.
-- Idempotent: called again with the same `p_definition_id`, it answers the definition that the first call created, with
-- "is_new": false. Of two calls at the same moment, the second waits for the node of the first.
--
-- Answers {"result": {"definition", "etag", "is_new"}}, or "refused":
--   unauthenticated, forbidden (not an administrator), id_taken (by another tenant, or by a definition that was deleted),
--   path_parts (with "faults", see `path_part_faults`), or see `judge_cap`
create or replace function public.create_definition(
  p_context jsonb, p_definition_id uuid, p_node_id uuid, p_content jsonb, p_policy_of uuid default null,
  p_handover text default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_faults jsonb;
  v_judged jsonb;
  v_is_new boolean;
begin
  -- 1. Lock the parts.
  perform public.lock_named_path_parts(caller.tenant_id, p_content) from public.find_caller(p_context -> 'caller') caller;

  -- 2. May the caller create a definition, and name these parts?
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return public.answer_of(p_context, null, '{"refused": "unauthenticated"}');
  end if;
  if not public.is_administrator(v_role) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "forbidden"}');
  end if;
  if exists (select from public.workflow_definitions d where d.id = p_definition_id and d.tenant_id <> v_tenant_id)
    or exists (select from public.deleted_definitions gone where gone.id = p_definition_id) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "id_taken"}');
  end if;
  v_is_new := not exists (select from public.workflow_definitions d where d.id = p_definition_id);
  if v_is_new then
    v_faults := public.path_part_faults(v_role, v_tenant_id, v_user_id, p_content);
    if v_faults is not null then
      return public.answer_of(p_context, v_tenant_id, jsonb_build_object('refused', 'path_parts', 'faults', v_faults));
    end if;
    v_judged := public.judge_cap(v_tenant_id, 'definitions', 1);
    if v_judged ? 'refused' then
      return public.answer_of(p_context, v_tenant_id, v_judged);
    end if;
  end if;

  -- 3. Unless an earlier call has done so, insert the node, below the folder `/workflows` that every tenant has, and the definition.
  insert into public.path_parts (id, tenant_id, parent_id, name, part_type, metadata_obj_id, materialized_path,
    system_managed)
  select p_node_id, folder.tenant_id, folder.id, p_definition_id::text, 'WORKFLOW_DEFINITION', p_definition_id,
    folder.materialized_path || '/' || p_definition_id, true
  from public.path_parts folder
  where v_is_new and folder.tenant_id = v_tenant_id and folder.materialized_path = '/workflows'
  on conflict (tenant_id, materialized_path) do nothing;
  v_is_new := found;
  insert into public.workflow_definitions (id, tenant_id, path_part_id, name, description, runner_type, runner_url,
    webhook_secret_encrypted, max_run_duration_seconds, source_path_part_ids, instruction_path_part_ids,
    output_path_part_ids, template_path_part_id, is_active, handover)
  select p_definition_id, v_tenant_id, p_node_id, p_content ->> 'name', p_content ->> 'description',
    p_content ->> 'runner_type', p_content ->> 'runner_url', p_content ->> 'webhook_secret_encrypted',
    (p_content ->> 'max_run_duration_seconds')::int, public.json_uuids(p_content -> 'source_path_part_ids'),
    public.json_uuids(p_content -> 'instruction_path_part_ids'),
    public.json_uuids(p_content -> 'output_path_part_ids'), (p_content ->> 'template_path_part_id')::uuid,
    (p_content ->> 'is_active')::boolean, coalesce(p_handover, 'webhook')
  where v_is_new;
  if v_is_new and p_policy_of is not null then
    update public.workflow_definitions d
    set handover = copied.handover, lease_seconds = copied.lease_seconds, max_attempts = copied.max_attempts, retry_on = copied.retry_on,
      max_running = copied.max_running, max_running_per_key = copied.max_running_per_key, key_from = copied.key_from,
      when_busy = copied.when_busy, replace_grace_seconds = copied.replace_grace_seconds, max_queued = copied.max_queued,
      run_needs = copied.run_needs, runner_tags = copied.runner_tags, may_trigger = copied.may_trigger, input_schema = copied.input_schema, input_schema_hash = copied.input_schema_hash
    from public.workflow_definitions copied
    where d.id = p_definition_id and copied.id = p_policy_of and copied.tenant_id = v_tenant_id;
  end if;
  if v_is_new then
    perform public.audit_change(
      p_context, v_tenant_id, 'workflow_definition.created', 'workflow_definition', p_definition_id, null);
  end if;
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', public.saved_definition(p_definition_id) || jsonb_build_object('is_new', v_is_new)),
    case when v_is_new then '{"others": true}'::jsonb end);
end $$;
