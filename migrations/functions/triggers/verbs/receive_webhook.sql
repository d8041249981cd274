-- Fires a trigger for a message whose signature the Worker has verified, with the rights that its user has now.
--
-- `p_context -> 'webhook'` is {"trigger_id", "version"}: what the signature has proved. `p_message` is {"firing_id", "run_id", "occasion",
-- "labels", "concurrency_key", "correlation", "refused", "detail"}: see `fire`. `occasion` is the id of the message, if it has one, and
-- after a blank, if it has no id that is signed, the signature; null when neither names it. `p_input` is the input of the run, or the payload
-- of the signal.
--
-- Guarantees:
-- - A message that has fired does not fire again within seven days: it triggers one run, or sends one signal. One that did not fire may be
--   sent again.
-- - A trigger that was changed since the Worker has read it fires for nothing: the Worker verifies the message again.
-- - All messages of a pause are one row, MISSED, which counts them, and one event.
-- Idempotent: called again with the same "firing_id", it answers the firing of the first call.
-- Closes the race with an invoke, a change of the trigger, and the same message in another request: all of them hold the definition's
-- lock.
--
-- Answers {"result": {"firing", "is_duplicate"}}, whatever the outcome, or "refused": gone (the trigger was deleted), changed, or
-- input_unchecked (see `check_inputs`)
create or replace function public.receive_webhook(p_context jsonb, p_message jsonb, p_input json) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  c_remembered constant interval := interval '7 days';
  v_trigger_id constant uuid := p_context #>> '{webhook,trigger_id}';
  v_firing_id uuid := p_message ->> 'firing_id';
  v_occasion constant text := p_message ->> 'occasion';
  v_definition_id uuid;
  v_tenant_id uuid;
  v_version integer;
  v_paused_at timestamptz;
  v_now timestamptz;
  v_known_id uuid;
  v_known_at timestamptz;
  v_fired jsonb;
  v_is_duplicate boolean := false;
begin
  -- 1. Lock the definition. Then read the trigger.
  v_definition_id := (select t.workflow_definition_id from public.triggers t where t.id = v_trigger_id);
  perform d.id from public.workflow_definitions d where d.id = v_definition_id for update;
  v_now := clock_timestamp();
  select t.tenant_id, t.version, t.paused_at into v_tenant_id, v_version, v_paused_at
  from public.triggers t where t.id = v_trigger_id;
  if v_tenant_id is null then
    return public.answer_of(p_context, null, '{"refused": "gone"}');
  end if;
  if v_version <> (p_context #>> '{webhook,version}')::integer then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "changed"}');
  end if;

  -- 2. End the overdue runs, if there are any.
  perform public.end_overdue_runs(array[v_definition_id], v_now);

  -- 3. Fire, unless this call, or a message with this id, has fired before. What has fired more than seven days ago gives its name up.
  select f.id, f.at into v_known_id, v_known_at
  from public.trigger_firings f
  where f.trigger_id = v_trigger_id and f.occasion = v_occasion and f.outcome = 'FIRED';
  if v_known_at <= v_now - c_remembered then
    update public.trigger_firings f set occasion = f.occasion || ' ' || f.id where f.id = v_known_id;
    v_known_id := null;
  end if;
  if exists (select from public.trigger_firings f where f.id = v_firing_id) then
    v_known_id := v_firing_id;
  elsif v_known_id is not null then
    v_is_duplicate := true;
    v_firing_id := v_known_id;
  elsif v_paused_at is not null then
    v_firing_id := public.record_missed(
      v_trigger_id, jsonb_build_object('firing_id', v_firing_id, 'cause', 'webhook', 'due_at', v_now), v_now);
  else
    v_fired := public.fire(p_context, v_trigger_id, p_message || '{"cause": "webhook"}', v_now, p_input => p_input);
  end if;

  -- 4. Promote the next run.
  perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
  if v_fired ? 'unchecked' then
    return public.answer_of(p_context, v_tenant_id, v_fired);
  end if;
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('is_duplicate', v_is_duplicate, 'firing', (
      select public.firing_response(f) from public.trigger_firings f where f.id = v_firing_id and f.trigger_id = v_trigger_id))),
    jsonb_build_object('others', true, 'definition_ids', jsonb_build_array(v_definition_id)) || coalesce(v_fired -> 'told', '{}'));
end $$;
