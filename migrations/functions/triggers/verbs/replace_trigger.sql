-- Replaces the content of a trigger: see `create_trigger`. The caller becomes the user with whose rights it fires. A change of the schedule
-- counts from now on: instants of the old one are not handled any more. With the same schedule, what is still to be handled stays so: an
-- instant that waits for its jitter fires as the trigger is now, and the instants of a pause are recorded as missed. Without "is_active" in
-- `p_content`, a paused trigger stays paused, with its note, and an active one active.
--
-- Closes the race with a firing: both hold the definition's lock. Idempotent.
--
-- Answers {"result": {"trigger"}}, or "refused": other_kind, other_scheme (of a webhook, whose secret is for its scheme), several_slots (see
-- `make_room`), past (the only instant of a schedule that is another than before), and see `judge_of_definition`, `check_trigger_input` and
-- `lock_and_judge_trigger`
create or replace function public.replace_trigger(
  p_context jsonb, p_trigger_id uuid, p_content jsonb, p_input json, p_plan jsonb
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_trigger(p_context, p_trigger_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_verdict jsonb;
  v_now timestamptz;
  v_before jsonb;
  v_is_same_schedule boolean;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();

  -- 2. Replace the content, and plan the next instant.
  if p_content ->> 'kind' <> (select t.kind from public.triggers t where t.id = p_trigger_id) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "other_kind"}');
  end if;
  if p_content #>> '{config,scheme}' <> (select t.config ->> 'scheme' from public.triggers t where t.id = p_trigger_id) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "other_scheme"}');
  end if;
  if p_content ->> 'when_busy' = 'replace_running' and not public.has_one_slot_for_each_group((v_judged ->> 'definition_id')::uuid) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "several_slots"}');
  end if;
  v_is_same_schedule := (
    select t.kind = 'schedule' and t.config = p_content -> 'config' from public.triggers t where t.id = p_trigger_id);
  if not v_is_same_schedule and public.plan_is_past(p_content, p_plan, v_now) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "past"}');
  end if;
  v_verdict := public.judge_of_definition(v_judged ->> 'role', v_tenant_id, (v_judged ->> 'user_id')::uuid,
    (v_judged ->> 'definition_id')::uuid, p_content ->> 'kind', p_content -> 'config', p_trigger_id);
  if not v_verdict ? 'refused' then
    v_verdict := public.check_trigger_input(p_context, (v_judged ->> 'definition_id')::uuid, p_content, p_input);
  end if;
  if v_verdict ? 'refused' then
    return public.answer_of(p_context, v_tenant_id, v_verdict);
  end if;
  v_before := public.audited('trigger', p_trigger_id);
  if (p_content ->> 'is_active')::boolean then
    perform public.resume_locked_trigger(p_trigger_id, false, v_now);
  elsif p_content ? 'is_active' then
    perform public.pause_locked_trigger(p_trigger_id, null, v_now, (v_judged ->> 'user_id')::uuid);
  end if;
  update public.triggers t
  set user_id = (v_judged ->> 'user_id')::uuid, name = p_content ->> 'name', config = p_content -> 'config', input = p_input,
    labels = nullif(p_content -> 'labels', 'null'), concurrency_key = p_content ->> 'concurrency_key',
    priority = coalesce((p_content ->> 'priority')::integer, 0), when_busy = p_content ->> 'when_busy', updated_at = v_now,
    version = t.version + 1
  where t.id = p_trigger_id;
  if not v_is_same_schedule then
    perform public.plan_trigger(p_trigger_id, p_plan, v_now);
  end if;
  perform public.audit_change(p_context, v_tenant_id, 'trigger.replaced', 'trigger', p_trigger_id, v_before);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('trigger', public.trigger_response(p_trigger_id))),
    public.told_of_trigger((v_judged ->> 'definition_id')::uuid));
end $$;
