-- Fires a trigger for instants of the past, [{"at", "firing_id", "run_id"}] in order, which were computed from this version of it. Their
-- runs wait for their turns, whatever `when_busy` says. An instant that has fired before, and whose firing is kept, does not fire again.
-- At the first one that is refused, it ends: the others would be refused for the same reason. The caller needs the rights of an invoke, too.
--
-- Closes the race with a change of the schedule, and with another backfill: all of them hold the definition's lock.
--
-- Answers {"result": {"fired": how many, "refused": the firing that was refused, or null}}, or "refused": changed (since it was
-- computed), input_unchecked (of the trigger, so nothing was fired: see `check_inputs`), path_parts (see `judge_own_firing`), and see
-- `lock_and_judge_trigger`
create or replace function public.backfill_trigger(p_context jsonb, p_trigger_id uuid, p_version integer, p_firings jsonb)
returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_trigger(p_context, p_trigger_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_definition_id constant uuid := v_judged ->> 'definition_id';
  v_rights jsonb;
  v_now timestamptz;
  v_firing jsonb;
  v_outcome jsonb;
  v_fired integer := 0;
  v_refused jsonb;
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

  -- 3. Fire.
  if not exists (select from public.triggers t where t.id = p_trigger_id and t.version = p_version) then
    perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
    return public.answer_of(p_context, v_tenant_id, '{"refused": "changed"}');
  end if;
  for v_firing in
    select given.value || jsonb_build_object('cause', 'backfill', 'user_id', v_judged -> 'user_id')
    from jsonb_array_elements(p_firings) with ordinality given (value, place)
    where not exists (
      select from public.trigger_firings f
      where f.trigger_id = p_trigger_id and f.outcome = 'FIRED' and f.occasion = given.value ->> 'at')
    order by given.place
  loop
    v_outcome := public.fire(p_context, p_trigger_id, v_firing, v_now, 'queue');
    exit when v_outcome ? 'unchecked';
    if v_outcome ->> 'outcome' = 'REFUSED' then
      select public.firing_response(f) into v_refused
      from public.trigger_firings f where f.id = (v_firing ->> 'firing_id')::uuid;
      exit;
    end if;
    v_fired := v_fired + 1;
  end loop;
  if v_outcome is not null and not v_outcome ? 'unchecked' then
    perform public.audit_act(p_context, v_tenant_id, 'trigger.backfilled', 'trigger', p_trigger_id, jsonb_build_object(
      'count', v_fired, 'from', p_firings #> '{0,at}', 'to', p_firings #> '{-1,at}'));
  end if;

  -- 4. Promote the next runs.
  perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
  if v_outcome ? 'unchecked' then
    return public.answer_of(p_context, v_tenant_id, v_outcome);
  end if;
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('fired', v_fired, 'refused', v_refused)),
    jsonb_build_object('others', true, 'definition_ids', jsonb_build_array(v_definition_id)));
end $$;
