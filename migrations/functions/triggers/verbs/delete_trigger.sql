-- Deletes a trigger. Nobody sees its firings from then on, and the sweep deletes them: see `finish_deletions`. The runs that it has
-- triggered stay.
--
-- Closes the race with a firing: both hold the definition's lock.
--
-- Answers {"result": {}}, or "refused": see `lock_and_judge_trigger`
create or replace function public.delete_trigger(p_context jsonb, p_trigger_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_trigger(p_context, p_trigger_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_before jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;

  -- 2. Delete the trigger.
  v_before := public.audited('trigger', p_trigger_id);
  delete from public.triggers t where t.id = p_trigger_id;
  insert into public.deleted_triggers (id, tenant_id, deleted_at) values (p_trigger_id, v_tenant_id, clock_timestamp());
  perform public.audit_change(p_context, v_tenant_id, 'trigger.deleted', 'trigger', p_trigger_id, v_before);
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}', '{"others": true}');
end $$;
