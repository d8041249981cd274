-- Carries out what the Worker has decided about due triggers: records the instants that were missed, fires the others, and plans the next
-- instant of each. It also lets suspended runs go on whose children have ended, and stops children whose parents have ended: see
-- `children.sql`. `p_decisions` is [{"trigger_id", "version", "missed": [{"from", "to", "count", "reason"}], "fire": [{"at", "due_at",
-- "firing_id", "run_id"}], "fired": the instants that a backfill has fired before, "after_at", "missed_until"? and "catches_up"?: when the
-- instants of a pause are left for later, "next_at", "due_at"}]. `p_due` are due firings, which need no decision: see `fire_ends`,
-- `follow_children`.
--
-- Guarantees:
-- - Each instant of a schedule is handled once, however many sweeps there are: a decision about another version of the trigger is
--   dropped. Whoever has changed the trigger has handled the instants, or has said that they do not count. A decision that does not know
--   what a backfill has fired meanwhile is dropped, too, and the trigger stays due. So no instant that has fired fires again or is missed.
--   The Worker of 0.2.0 never knows it, and gives no "fired": what has fired is left out of its decision.
-- - A due firing is deleted by the transaction that handles it.
-- - A trigger or a due firing whose input must be checked by the Worker first stays due, and the others are handled.
-- - The firing is recorded in the transaction that triggers its run.
-- - Safe to run concurrently with itself and with any other verb. It locks the definitions in the order of their ids, and skips those
--   that another transaction has locked: their triggers stay due.
--
-- Answers {"result": {"handled": how many of the triggers and of the due firings}, "unchecked"?: see `check_inputs`}.
create or replace function public.fire_due(p_context jsonb, p_decisions jsonb, p_due jsonb default '[]') returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_due_ids constant bigint[] := array(
    select (given.value ->> 'due_firing_id')::bigint from jsonb_array_elements(p_due) given (value));
  v_definition_ids uuid[];
  v_tenant_ids uuid[];
  v_now timestamptz;
  v_decision jsonb;
  v_verdict jsonb;
  v_ahead jsonb;
  v_trigger_id uuid;
  v_firing jsonb;
  v_handled integer := 0;
  v_fired jsonb;
  v_stopped jsonb := '[]';
  v_unchecked jsonb := '[]';
begin
  -- 1. Lock the definitions.
  with locked as (
    select d.id, d.tenant_id
    from public.workflow_definitions d
    where d.id in (
      select t.workflow_definition_id
      from jsonb_array_elements(p_decisions) decided (value)
      join public.triggers t on t.id = (decided.value ->> 'trigger_id')::uuid
      union
      select t.workflow_definition_id
      from public.due_firings f
      join public.triggers t on t.id = f.trigger_id
      where f.id = any (v_due_ids)
      union
      select public.definitions_of_families(v_due_ids, public.most_superseded()))
    order by d.id
    for update of d skip locked
  )
  select array_agg(id), array_agg(distinct tenant_id) into v_definition_ids, v_tenant_ids from locked;
  v_now := clock_timestamp();

  -- 2. End the overdue runs, if there are any.
  perform public.end_overdue_runs(v_definition_ids, v_now);

  -- 3. Carry out what was decided about the triggers that nobody has changed meanwhile.
  for v_decision, v_ahead, v_verdict in
    select decided.value, ahead.fired, case when decided.value -> 'fire' <> '[]' and d.input_schema_hash is not null then
      public.check_inputs(p_context, d.id, d.input_schema_hash, array[t.input]) end
    from jsonb_array_elements(p_decisions) with ordinality decided (value, place)
    join public.triggers t on t.id = (decided.value ->> 'trigger_id')::uuid and t.version = (decided.value ->> 'version')::integer
    join public.workflow_definitions d on d.id = t.workflow_definition_id
    cross join lateral (select public.fired_ahead(t.id, t.after_at) as fired offset 0) ahead
    where t.workflow_definition_id = any (v_definition_ids) and t.due_at <= v_now
      and ahead.fired = coalesce(decided.value -> 'fired', ahead.fired)
    order by t.workflow_definition_id, decided.place
  loop
    if v_verdict ? 'unchecked' then
      v_unchecked := v_unchecked || (v_verdict -> 'unchecked');
      continue;
    end if;
    v_trigger_id := v_decision ->> 'trigger_id';
    v_handled := v_handled + 1;
    for v_firing in
      select missed.value || jsonb_build_object('count', left_over.count)
      from jsonb_array_elements(v_decision -> 'missed') missed (value)
      cross join lateral (
        select (missed.value ->> 'count')::integer - count(*) as count
        from jsonb_array_elements_text(v_ahead) ahead (at)
        where ahead.at::timestamptz between (missed.value ->> 'from')::timestamptz and (missed.value ->> 'to')::timestamptz
      ) left_over
      where left_over.count > 0
    loop
      perform public.record_firing(v_trigger_id, jsonb_build_object(
        'firing_id', gen_random_uuid(), 'outcome', 'MISSED', 'cause', 'schedule', 'at', v_firing -> 'from',
        'until', v_firing -> 'to', 'count', v_firing -> 'count', 'reason', v_firing -> 'reason'), v_now);
    end loop;
    for v_firing in
      select fired.value from jsonb_array_elements(v_decision -> 'fire') fired (value)
      where not v_ahead ? public.wire_instant((fired.value ->> 'at')::timestamptz)
    loop
      v_fired := public.fire(p_context, v_trigger_id, v_firing || '{"cause": "schedule"}', v_now);
      v_stopped := v_stopped || coalesce(v_fired #> '{told,stopped}', '[]');
    end loop;
    update public.triggers t
    set version = t.version + 1, after_at = (v_decision ->> 'after_at')::timestamptz,
      missed_until = (v_decision ->> 'missed_until')::timestamptz, catches_up = coalesce((v_decision ->> 'catches_up')::boolean, false),
      next_at = case when t.paused_at is null then (v_decision ->> 'next_at')::timestamptz end,
      due_at = case when t.paused_at is null then (v_decision ->> 'due_at')::timestamptz end
    where t.id = v_trigger_id;
  end loop;

  -- 4. Fire after other runs.
  v_fired := public.fire_ends(p_context, p_due, v_definition_ids, v_now);
  v_handled := v_handled + (v_fired ->> 'handled')::integer;
  v_stopped := v_stopped || (v_fired -> 'stopped');
  v_unchecked := v_unchecked || (v_fired -> 'unchecked');

  -- 5. Let parents go on, and stop children.
  v_fired := public.follow_children(p_context, v_due_ids, v_definition_ids, v_now);
  v_handled := v_handled + (v_fired ->> 'handled')::integer;
  v_stopped := v_stopped || (v_fired -> 'stopped');

  -- 6. Promote the next runs.
  perform public.promote_next_runs(p_context, v_definition_ids, v_now);
  return public.answer_of(p_context, null,
    jsonb_build_object('result', jsonb_build_object('handled', v_handled))
      || case when v_unchecked = '[]' then '{}' else jsonb_build_object('unchecked', v_unchecked) end,
    jsonb_build_object('definition_ids', coalesce(to_jsonb(v_definition_ids), '[]'), 'stopped', v_stopped, 'changed_runs', v_fired -> 'changed'),
    v_tenant_ids);
end $$;
