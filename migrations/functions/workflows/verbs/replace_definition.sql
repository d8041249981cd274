-- Replaces the whole content of a definition. The first PENDING run starts if it can now, because the definition was resumed
-- or got a runner.
--
-- Guarantees: a definition is replaced as a whole or not at all, and names only parts that exist. Idempotent.
-- Closes the race with an invoke, and with the deletion of such a part: definition and parts are locked.
--
-- Without `webhook_secret_encrypted`, the stored secret is kept, but only if the URL stays the same: see `keeps_secret`.
--
-- `p_if_match` has the tags of the definition as the caller has seen it (see `definition_tag`). When it has changed since, nothing is
-- changed: see `judge_changed_definition`. The Worker of the release before sends `p_seen_at`, the `updated_at` that the caller has seen.
--
-- Answers {"result": {"definition", "etag", "stored_secret"?}}, or "refused":
--   changed (since the caller has seen it), secret_missing, path_parts (with "faults", see `path_part_faults`), or what
--   `lock_and_judge_definition_change` refuses
create or replace function public.replace_definition(
  p_context jsonb, p_definition_id uuid, p_content jsonb, p_seen_at text default null,
  p_if_match text[] default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller. Then lock the parts.
  v_judged constant jsonb := public.lock_and_judge_definition_change(p_context, p_definition_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_now timestamptz;
  v_faults jsonb;
  v_answer jsonb;
  v_before jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  perform public.lock_named_path_parts(v_tenant_id, p_content);
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[p_definition_id], v_now);

  -- 3. Replace the content, if the caller may name these parts.
  v_before := public.audited('workflow_definition', p_definition_id);
  v_faults := public.path_part_faults(v_judged ->> 'role', v_tenant_id, (v_judged ->> 'user_id')::uuid, p_content);
  if p_seen_at <> (select public.wire_instant(d.updated_at) from public.workflow_definitions d where d.id = p_definition_id) then
    v_answer := '{"refused": "changed"}';
  elsif public.definition_tag(p_definition_id) <> all (p_if_match) then
    v_answer := public.judge_changed_definition(p_definition_id, p_content);
  elsif v_faults is not null then
    v_answer := jsonb_build_object('refused', 'path_parts', 'faults', v_faults);
  else
    update public.workflow_definitions d
    set name = p_content ->> 'name', description = p_content ->> 'description',
      runner_type = p_content ->> 'runner_type', runner_url = p_content ->> 'runner_url',
      webhook_secret_encrypted = case
        when p_content ->> 'runner_url' is not null
          then coalesce(p_content ->> 'webhook_secret_encrypted', d.webhook_secret_encrypted)
      end,
      max_run_duration_seconds = (p_content ->> 'max_run_duration_seconds')::int,
      source_path_part_ids = public.json_uuids(p_content -> 'source_path_part_ids'),
      instruction_path_part_ids = public.json_uuids(p_content -> 'instruction_path_part_ids'),
      output_path_part_ids = public.json_uuids(p_content -> 'output_path_part_ids'),
      template_path_part_id = (p_content ->> 'template_path_part_id')::uuid,
      is_active = (p_content ->> 'is_active')::boolean, updated_at = v_now
    where d.id = p_definition_id
      and (p_content ->> 'runner_url' is null or p_content ->> 'webhook_secret_encrypted' is not null
        or public.keeps_secret(d.runner_url, p_content ->> 'runner_url'));
    v_answer := case
      when found then jsonb_build_object('result', public.saved_definition(p_definition_id))
      else '{"refused": "secret_missing"}'
    end;
    perform public.audit_change(
      p_context, v_tenant_id, 'workflow_definition.replaced', 'workflow_definition', p_definition_id, v_before);
  end if;

  -- 4. Promote the next run.
  perform public.promote_next_runs(p_context, array[p_definition_id], v_now);
  return public.answer_of(p_context, v_tenant_id, v_answer, case
    when v_answer ? 'result' then jsonb_build_object('others', true, 'definition_ids', jsonb_build_array(p_definition_id))
  end);
end $$;
