-- Pauses a trigger, with a note that says why. A trigger that is paused already keeps its note. Idempotent.
--
-- Closes the race with a firing: both hold the definition's lock.
--
-- Answers {"result": {"trigger"}}, or "refused": see `lock_and_judge_trigger`
create or replace function public.pause_trigger(p_context jsonb, p_trigger_id uuid, p_note text) returns jsonb
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

  -- 2. Pause the trigger.
  v_before := public.audited('trigger', p_trigger_id);
  perform public.pause_locked_trigger(p_trigger_id, p_note, clock_timestamp(), (v_judged ->> 'user_id')::uuid);
  perform public.audit_change(p_context, v_tenant_id, 'trigger.paused', 'trigger', p_trigger_id, v_before);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('trigger', public.trigger_response(p_trigger_id))),
    public.told_of_trigger((v_judged ->> 'definition_id')::uuid));
end $$;
