-- Fires a trigger by hand, also one that is paused, with the rights of its user. The caller needs the rights of an invoke, too. The
-- schedule goes on as before.
--
-- Idempotent: called again with the same `p_firing_id`, it answers the firing of the first call.
-- Closes the race with an invoke, and with another firing: all of them hold the definition's lock.
--
-- Answers {"result": {"firing"}}, whatever its outcome, or "refused": input_unchecked (see `check_inputs`), path_parts (see
-- `judge_own_firing`), and see `lock_and_judge_trigger`
create or replace function public.fire_trigger(p_context jsonb, p_trigger_id uuid, p_firing_id uuid, p_run_id uuid)
returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_trigger(p_context, p_trigger_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_definition_id constant uuid := v_judged ->> 'definition_id';
  v_rights jsonb;
  v_now timestamptz;
  v_fired jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_rights := public.judge_own_firing(v_judged ->> 'role', v_tenant_id, (v_judged ->> 'user_id')::uuid, v_definition_id);
  if v_rights ? 'refused' then
    return public.answer_of(p_context, v_tenant_id, v_rights);
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue runs, if there are any.
  perform public.end_overdue_runs(array[v_definition_id], v_now);

  -- 3. Fire, unless an earlier call has done so.
  if not exists (select from public.trigger_firings f where f.id = p_firing_id) then
    v_fired := public.fire(p_context, p_trigger_id, jsonb_build_object(
      'firing_id', p_firing_id, 'run_id', p_run_id, 'cause', 'hand', 'user_id', v_judged -> 'user_id'), v_now);
    if not v_fired ? 'unchecked' then
      perform public.audit_act(p_context, v_tenant_id, 'trigger.fired', 'trigger', p_trigger_id,
        jsonb_build_object('firing_id', p_firing_id, 'outcome', v_fired -> 'outcome'));
    end if;
  end if;

  -- 4. Promote the next run.
  perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
  if v_fired ? 'unchecked' then
    return public.answer_of(p_context, v_tenant_id, v_fired);
  end if;
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('firing', (
      select public.firing_response(f) from public.trigger_firings f
      where f.id = p_firing_id and f.trigger_id = p_trigger_id))),
    jsonb_build_object('others', true, 'definition_ids', jsonb_build_array(v_definition_id)) || coalesce(v_fired -> 'told', '{}'));
end $$;
