-- Creates a trigger of a definition. `p_content` is {"name", "kind", "config", "labels", "concurrency_key", "priority"?, "when_busy",
-- "is_active",
-- "secret_encrypted": of a webhook}, and `p_plan` is for `plan_trigger`. The caller becomes the user with whose rights it fires.
--
-- Guarantees: a definition has at most 100 triggers.
-- Closes the race between two requests that create the last allowed one, and with the deletion of the definition: all of them hold
-- the definition's lock.
-- Idempotent: called again with the same `p_trigger_id`, it answers the trigger that the first call created, with "is_new": false. When
-- that has the secret of this call, the same call is repeated, since its answer was lost. Then nobody has seen the secret: "is_new" is true.
--
-- Answers {"result": {"trigger", "is_new"}}, or "refused": id_taken (by another tenant, or by a trigger that was deleted), too_many,
-- several_slots (see `make_room`), past (the only instant of the schedule), and see `judge_of_definition`, `check_trigger_input` and
-- `lock_and_judge_definition_change`
create or replace function public.create_trigger(
  p_context jsonb, p_definition_id uuid, p_trigger_id uuid, p_content jsonb, p_input json, p_plan jsonb
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  c_max_triggers constant integer := 100;
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_definition_change(p_context, p_definition_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_verdict jsonb;
  v_now timestamptz;
  v_is_new boolean;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();

  -- 2. Create the trigger, unless an earlier call has done so.
  if exists (select from public.triggers t where t.id = p_trigger_id and t.tenant_id <> v_tenant_id)
    or exists (select from public.deleted_triggers gone where gone.id = p_trigger_id) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "id_taken"}');
  end if;
  v_is_new := not exists (select from public.triggers t where t.id = p_trigger_id);
  if v_is_new then
    if (select count(*) from public.triggers t where t.workflow_definition_id = p_definition_id) >= c_max_triggers then
      return public.answer_of(p_context, v_tenant_id, '{"refused": "too_many"}');
    end if;
    if p_content ->> 'when_busy' = 'replace_running' and not public.has_one_slot_for_each_group(p_definition_id) then
      return public.answer_of(p_context, v_tenant_id, '{"refused": "several_slots"}');
    end if;
    if public.plan_is_past(p_content, p_plan, v_now) then
      return public.answer_of(p_context, v_tenant_id, '{"refused": "past"}');
    end if;
    v_verdict := public.judge_of_definition(v_judged ->> 'role', v_tenant_id, (v_judged ->> 'user_id')::uuid, p_definition_id,
      p_content ->> 'kind', p_content -> 'config');
    if not v_verdict ? 'refused' then
      v_verdict := public.check_trigger_input(p_context, p_definition_id, p_content, p_input);
    end if;
    if v_verdict ? 'refused' then
      return public.answer_of(p_context, v_tenant_id, v_verdict);
    end if;
    insert into public.triggers (id, tenant_id, workflow_definition_id, user_id, name, kind, config, input, labels, concurrency_key,
      priority, when_busy, paused_at, paused_by_user_id, after_at, created_at, updated_at, secret_encrypted)
    values (p_trigger_id, v_tenant_id, p_definition_id, (v_judged ->> 'user_id')::uuid, p_content ->> 'name', p_content ->> 'kind',
      p_content -> 'config', p_input, nullif(p_content -> 'labels', 'null'), p_content ->> 'concurrency_key',
      coalesce((p_content ->> 'priority')::integer, 0), p_content ->> 'when_busy', case when not (p_content ->> 'is_active')::boolean then v_now end,
      case when not (p_content ->> 'is_active')::boolean then (v_judged ->> 'user_id')::uuid end, v_now, v_now, v_now,
      p_content ->> 'secret_encrypted');
    perform public.plan_trigger(p_trigger_id, p_plan, v_now);
    perform public.audit_change(p_context, v_tenant_id, 'trigger.created', 'trigger', p_trigger_id, null);
  end if;
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('trigger', public.trigger_response(p_trigger_id),
      'is_new', v_is_new or exists (
        select from public.triggers t where t.id = p_trigger_id and t.secret_encrypted = p_content ->> 'secret_encrypted'))),
    case when v_is_new then public.told_of_trigger(p_definition_id) end);
end $$;
