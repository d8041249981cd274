-- Resumes a paused trigger. The caller becomes the user with whose rights it fires. The instants of the pause are recorded as missed;
-- with `p_catches_up`, the last of them fires, unless it is too old. One that fires after another run catches nothing up. A trigger that
-- is not paused stays as it is. Idempotent.
--
-- Closes the race with a firing: both hold the definition's lock.
--
-- Answers {"result": {"trigger"}}, or "refused": of_not_found (the caller does not see the definition after whose runs it
-- fires), and see `lock_and_judge_trigger`
create or replace function public.resume_trigger(p_context jsonb, p_trigger_id uuid, p_catches_up boolean) returns jsonb
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

  -- 2. Resume the trigger. The caller must see the definition after whose runs it fires.
  if exists (
    select from public.triggers t
    where t.id = p_trigger_id and t.kind = 'run' and not public.sees_definition_of(
      v_judged ->> 'role', t.tenant_id, (v_judged ->> 'user_id')::uuid, t.of_definition_id)) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "of_not_found"}');
  end if;
  v_before := public.audited('trigger', p_trigger_id);
  update public.triggers t set user_id = (v_judged ->> 'user_id')::uuid where t.id = p_trigger_id and t.paused_at is not null;
  perform public.resume_locked_trigger(p_trigger_id, p_catches_up, clock_timestamp());
  perform public.audit_change(p_context, v_tenant_id, 'trigger.resumed', 'trigger', p_trigger_id, v_before);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('trigger', public.trigger_response(p_trigger_id))),
    public.told_of_trigger((v_judged ->> 'definition_id')::uuid));
end $$;
