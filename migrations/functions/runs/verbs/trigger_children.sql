-- Triggers children of a RUNNING run: see `children.sql`. The run token has proved which attempt of which run that is. `p_children` are
-- [{"workflow_definition_id", "key", and what else `judge_runs` takes of a run}]. Those that are not there yet get `p_run_ids`, by their places.
--
-- Guarantees:
-- - All new children are inserted with their events, or none. They always queue.
-- - The parent, the definition and the key identify a child. Asked again, also by a later attempt, the same child is answered, whatever
--   input it has now.
-- - The rights of the user of the parent are judged as for an invoke, with what they are now.
-- - A run that has ended or was asked to stop triggers nothing, so no child is left when its parent has stopped.
--
-- Closes the race between two calls with the same keys, and between this and the end of the parent: all of them hold the lock of the parent's
-- definition. The definitions of the children are locked with it, in the order of their ids.
--
-- Answers {"result": {"children": see `child_response`, in the order of the request, each with "is_new"}}, or "refused": see
-- `judge_attempt`; stopping; too_many or too_deep (with "limit"); may_not_trigger or user_deactivated; or with "definition_id" and the "indexes" of
-- the children that are refused so, from 0: not_visible, and what `frozen_for_runs`, `check_inputs`, `judge_runs` and `judge_cap` refuse.
create or replace function public.trigger_children(p_context jsonb, p_run_ids uuid[], p_children json, p_traceparent text) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- How many live children a run may have, and how many runs may trigger each other.
  c_most constant integer := 1000;
  c_max_depth constant integer := 10;
  v_run_id constant uuid := p_context #>> '{run,run_id}';
  v_tenant_id constant uuid := p_context #>> '{run,tenant_id}';
  v_definition_ids uuid[];
  v_now timestamptz;
  v_user_id uuid;
  v_depth integer;
  v_live bigint;
  v_new integer[];
  v_answer jsonb;
  v_part jsonb;
  v_parts jsonb := '[]';
begin
  -- 1. Lock the definition of the run and those of its children that its policy names. Then lock the run.
  with locked as (
    select d.id
    from public.workflow_runs r
    join public.workflow_definitions own on own.id = r.workflow_definition_id
    join public.workflow_definitions d on d.tenant_id = v_tenant_id and (d.id = own.id or d.id = any (own.may_trigger) and d.id in (
      select (given.value ->> 'workflow_definition_id')::uuid from json_array_elements(p_children) given (value)))
    where r.id = v_run_id and r.tenant_id = v_tenant_id
    order by d.id
    for update of d
  )
  select array_agg(locked.id) into v_definition_ids from locked;
  if v_definition_ids is null then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "not_found"}');
  end if;
  perform r.id from public.workflow_runs r where r.id = v_run_id for update;
  v_now := clock_timestamp();

  -- 2. End the overdue runs, if there are any. Then judge the attempt, and what its run may trigger.
  perform public.end_overdue_runs(v_definition_ids, v_now, array[v_run_id]);
  select array_agg(given.place order by given.place) into v_new
  from json_array_elements(p_children) with ordinality given (value, place)
  where not exists (
    select from public.run_children c
    where c.parent_run_id = v_run_id and c.workflow_definition_id = (given.value ->> 'workflow_definition_id')::uuid
      and c.key = given.value ->> 'key' and c.is_live);
  select r.user_id, public.depth_of(r) + 1, (
      select count(*) from public.run_children c where c.parent_run_id = r.id and c.is_live)
  into v_user_id, v_depth, v_live
  from public.workflow_runs r
  where r.id = v_run_id;
  v_answer := public.judge_attempt(v_run_id, (p_context #>> '{run,attempt}')::integer);
  v_answer := case
    when v_answer ? 'refused' then v_answer
    when exists (select from public.running_attempts a where a.run_id = v_run_id and a.stop_requested_at is not null)
      then '{"refused": "stopping"}'
    when v_new is null then '{}'
    when v_live + cardinality(v_new) > c_most then jsonb_build_object('refused', 'too_many', 'limit', c_most)
    when v_depth > c_max_depth then jsonb_build_object('refused', 'too_deep', 'limit', c_max_depth)
    else public.judge_children(v_run_id, p_children, v_new, v_definition_ids)
  end;

  -- 3. Judge the new children of each definition, then insert all of them.
  if v_answer = '{}' and v_new is not null then
    v_answer := public.judge_cap(v_tenant_id, 'waiting_runs', cardinality(v_new));
    for v_part in select public.new_children_of(p_context, v_user_id, definition.id, p_children, v_new, v_now)
      from unnest(v_definition_ids) definition (id)
      where v_answer = '{}'
      order by definition.id
    loop
      v_parts := v_parts || v_part;
    end loop;
    v_answer := coalesce(public.refusal_of_children(v_parts), v_answer);
  end if;
  if v_answer = '{}' then
    perform public.insert_children(v_run_id, v_depth, part.value, p_run_ids, p_children, p_traceparent, v_now)
    from jsonb_array_elements(v_parts) with ordinality part (value, place)
    where part.value ? 'places'
    order by part.place;
  end if;

  -- 4. Promote the next runs, which may be among them. Then record which of the children wait.
  perform public.promote_next_runs(p_context, v_definition_ids, v_now);
  if v_answer = '{}' then
    perform public.note_queued(public.ids_at(p_run_ids, part.value -> 'places'), (part.value #>> '{judged,first_waits}')::boolean, v_now)
    from jsonb_array_elements(v_parts) part (value)
    where part.value ? 'places';
    v_answer := jsonb_build_object('result', jsonb_build_object('children', (
      select jsonb_agg(public.child_response(c.run_id, v_now) || jsonb_build_object('is_new', c.run_id = any (p_run_ids)) order by given.place)
      from json_array_elements(p_children) with ordinality given (value, place)
      join public.run_children c on c.parent_run_id = v_run_id and c.is_live
        and c.workflow_definition_id = (given.value ->> 'workflow_definition_id')::uuid and c.key = given.value ->> 'key')));
  end if;
  return public.answer_of(p_context, v_tenant_id, v_answer);
end $$;
