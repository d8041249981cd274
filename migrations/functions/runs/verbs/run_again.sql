-- Triggers a new run of the same definition and with the same input, labels, concurrency key and priority as a run that the caller may see,
-- whatever the state of that run. It is an invoke: the current definition is used, and the caller needs the permissions for it.
--
-- Guarantees: those of `trigger_run`.
-- Closes the same races as `trigger_run`.
--
-- Answers like `trigger_run`. "refused" is not_found also when the caller may not see the run.
create or replace function public.run_again(p_context jsonb, p_run_id uuid, p_new_run_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb;
  v_tenant_id uuid;
  v_definition_id uuid;
  v_input json;
  v_labels jsonb;
  v_key text;
  v_priority integer;
  v_now timestamptz;
  v_both jsonb[];
  v_added jsonb;
  v_changed jsonb;
begin
  -- 1. Which run is it? Lock its definition, and judge the caller.
  v_judged := public.judge_run_read(p_context -> 'caller', p_run_id);
  v_tenant_id := v_judged ->> 'tenant_id';
  if not v_judged ? 'refused' then
    select r.workflow_definition_id, r.input, nullif(public.labels_of(r.id), '{}'), nullif(r.concurrency_key, ''), nullif(r.priority, 0)
    into v_definition_id, v_input, v_labels, v_key, v_priority
    from public.workflow_runs r
    where r.id = p_run_id;
    v_judged := public.lock_and_judge_definition(p_context, v_definition_id);
  end if;
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue runs, if there are any.
  v_changed := coalesce(public.end_overdue_runs(array[v_definition_id], v_now) -> 'runs', '[]');

  -- 3. Add the run.
  v_both := public.add_run(p_context, v_judged ->> 'role', v_tenant_id, (v_judged ->> 'user_id')::uuid, v_definition_id,
    p_new_run_id, v_input, jsonb_strip_nulls(jsonb_build_object('labels', v_labels, 'concurrency_key', v_key, 'priority', v_priority)),
    v_now);
  v_added := v_both[1];
  v_changed := v_changed || coalesce(v_added -> 'changed', '[]');

  -- 4. Promote the next run, unless none can start now.
  if not coalesce((v_added ->> 'is_settled')::boolean, false) then
    v_changed := v_changed || coalesce(public.promote_next_runs(p_context, array[v_definition_id], v_now), '[]');
  end if;
  return public.answer_with(p_context, v_tenant_id, public.triggered(v_added), v_changed, v_added -> 'told', 'run',
    public.triggered_run(v_added, v_both[2], v_now));
end $$;
