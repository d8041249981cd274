-- Replaces the whole content of a definition. The first PENDING run starts if it can now, because the definition was resumed
-- or got a runner.
--
-- Guarantees: a definition is replaced as a whole or not at all, and names only parts that exist. Idempotent.
-- Closes the race with an invoke, and with the deletion of such a part: definition and parts are locked.
--
-- Without `webhook_secret_encrypted`, the stored secret is kept, but only if the URL stays the same: see `keeps_secret`.
--
-- Answers {"tenant_id", "dispatches", "work" (see `lease_work`), and either "definition" or "refused"}, where `refused` is one of:
--   unauthenticated, not_found, forbidden, secret_missing, path_parts (with "faults", see `path_part_faults`)
create or replace function public.replace_definition(
  p_credential jsonb, p_definition_id uuid, p_content jsonb, p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz;
  v_judged jsonb;
  v_faults jsonb;
  v_answer jsonb;
begin
  -- 1. Lock the definition, then the parts.
  perform public.lock_definition(p_credential, p_definition_id);
  perform public.lock_named_path_parts(p_credential, p_content);
  v_now := clock_timestamp();

  -- 2. May the caller change the definition, and name these parts?
  v_judged := public.judge_definition_change(p_credential, p_definition_id);
  v_answer := v_judged - '{user_id,role}'::text[];
  if v_judged ->> 'refused' in ('unauthenticated', 'not_found') then
    return v_answer || '{"dispatches": []}';
  end if;

  -- 3. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[p_definition_id], v_now);

  -- 4. Replace the content.
  if not v_judged ? 'refused' then
    v_faults := public.path_part_faults(v_judged ->> 'role', (v_judged ->> 'tenant_id')::uuid,
      (v_judged ->> 'user_id')::uuid, p_content);
    if v_faults is not null then
      v_answer := v_answer || jsonb_build_object('refused', 'path_parts', 'faults', v_faults);
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
      v_answer := v_answer || case
        when found then jsonb_build_object('definition', public.definition_response(p_definition_id))
        else '{"refused": "secret_missing"}'
      end;
    end if;
  end if;

  -- 5. Promote the next run.
  return v_answer || jsonb_build_object('dispatches',
    public.promote_next_runs(array[p_definition_id], v_now, p_grace_seconds, p_dispatch_lease_seconds),
    'work', public.lease_work(array[p_definition_id]));
end $$;
