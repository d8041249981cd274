-- Triggers up to 500 runs of a definition together: a batch. They go to the end of the queue in their order, and start as slots become
-- free: when keys take turns, in their order within each key.
--
-- Guarantees:
-- - All runs are inserted, with the same frozen snapshot and their events, or none.
-- - As long as a batch exists, its idempotency key answers it. A key belongs to a user and a definition. The same key with other runs is
--   refused. `p_runs` is what the caller sent of each run: see `insert_batch`.
-- - Idempotent: called again with the same `p_batch_id`, it answers the batch that the first call inserted.
--
-- Closes the race between two calls with the same key: the second waits for the definition's lock, and then sees what the first did.
--
-- Answers {"result": {"batch": {"id", "run_ids"}, "replayed"}}, where "run_ids" are those of its runs that exist, in their order; or
-- "refused": unauthenticated, not_found, other_runs, or what `frozen_for_runs`, `check_inputs` or `insert_batch` refuses
create or replace function public.trigger_batch(
  p_context jsonb, p_definition_id uuid, p_batch_id uuid, p_idempotency_key text, p_run_ids uuid[], p_runs json,
  p_traceparent text
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_runs_hash constant bytea := public.hash_of_runs(p_runs);
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_definition(p_context, p_definition_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_user_id constant uuid := v_judged ->> 'user_id';
  v_now timestamptz;
  v_frozen jsonb;
  v_verdict jsonb;
  v_added jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue runs, if there are any.
  perform public.end_overdue_runs(array[p_definition_id], v_now);

  -- 3. Add the batch, unless it is known.
  v_added := public.known_batch(v_tenant_id, v_user_id, p_definition_id, p_batch_id, p_idempotency_key, v_runs_hash);
  if v_added is null then
    v_frozen := public.frozen_for_runs(v_judged ->> 'role', v_tenant_id, v_user_id, p_definition_id);
    if v_frozen ->> 'input_schema_hash' is not null then
      v_verdict := public.check_inputs(p_context, p_definition_id, v_frozen ->> 'input_schema_hash', array(
        select given.value -> 'input' from json_array_elements(p_runs) with ordinality given (value, place) order by given.place));
    end if;
    v_added := case
      when v_frozen ? 'refused' then v_frozen
      when v_verdict ? 'refused' then v_verdict
      else public.insert_batch(v_tenant_id, v_user_id, p_definition_id, v_frozen, p_batch_id, p_idempotency_key, v_runs_hash,
        p_run_ids, p_runs, p_traceparent, v_now)
    end;
  end if;

  -- 4. Promote the next runs, which may be of the batch. Then record which of it wait.
  perform public.promote_next_runs(p_context, array[p_definition_id], v_now);
  if v_added ? 'first_waits' then
    perform public.note_queued(p_run_ids, (v_added ->> 'first_waits')::boolean, v_now);
  end if;
  if v_added ? 'refused' then
    return public.answer_of(p_context, v_tenant_id, v_added);
  end if;
  return public.answer_of(p_context, v_tenant_id, jsonb_build_object('result', jsonb_build_object(
    'batch', jsonb_build_object('id', v_added -> 'batch_id', 'run_ids', (
      -- The ids of a batch are made in the order of its runs.
      select coalesce(jsonb_agg(r.id order by r.id), '[]')
      from public.workflow_runs r
      where r.batch_id = (v_added ->> 'batch_id')::uuid)),
    'replayed', v_added -> 'replayed')));
end $$;
