-- Pauses or resumes a definition: only `is_active` changes. When it is resumed, PENDING runs start in its free
-- slots.
--
-- Closes the race with an invoke: both hold the definition's lock.
--
-- Answers {"result": {}}, or "refused": see `lock_and_judge_definition_change`.
create or replace function public.change_definition_activity(p_context jsonb, p_definition_id uuid, p_is_active boolean)
returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_definition_change(p_context, p_definition_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_now timestamptz;
  v_before jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[p_definition_id], v_now);

  -- 3. Pause or resume.
  v_before := public.audited('workflow_definition', p_definition_id);
  update public.workflow_definitions d
  set is_active = p_is_active, updated_at = v_now
  where d.id = p_definition_id and d.is_active <> p_is_active;
  perform public.audit_change(p_context, v_tenant_id,
    case when p_is_active then 'workflow_definition.resumed' else 'workflow_definition.paused' end, 'workflow_definition',
    p_definition_id, v_before);

  -- 4. Promote the next run.
  perform public.promote_next_runs(p_context, array[p_definition_id], v_now);
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}',
    jsonb_build_object('others', true, 'definition_ids', jsonb_build_array(p_definition_id)));
end $$;
