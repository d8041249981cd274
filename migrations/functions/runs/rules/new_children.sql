-- Adding children of a run to locked definitions, as `new_batch.sql` adds runs to one: see `trigger_children`. `p_children` are those of the
-- request, and `p_new` the places, from 1, of those that are not there yet.

-- May a run trigger these new children? `p_locked_ids` are the definitions that were locked. Returns {}, or {"refused"} which is one of:
--   may_not_trigger   its policy does not name these definitions, or one of them is gone: with "definition_ids"
--   user_deactivated  its user is no longer active
create or replace function public.judge_children(p_run_id uuid, p_children json, p_new integer[], p_locked_ids uuid[]) returns jsonb
language plpgsql stable as $$
declare
  v_other_ids uuid[];
  v_role text;
begin
  select array_agg(distinct named.id) filter (where named.id <> all (p_locked_ids) or named.id <> all (d.may_trigger)),
    public.role_of(r.tenant_id, r.user_id)
  into v_other_ids, v_role
  from public.workflow_runs r
  join public.workflow_definitions d on d.id = r.workflow_definition_id
  cross join lateral (
    select (given.value ->> 'workflow_definition_id')::uuid as id
    from json_array_elements(p_children) with ordinality given (value, place)
    where given.place = any (p_new)
  ) named
  where r.id = p_run_id
  group by r.tenant_id, r.user_id;
  return case
    when v_other_ids is not null then jsonb_build_object('refused', 'may_not_trigger', 'definition_ids', v_other_ids)
    when v_role is null then '{"refused": "user_deactivated"}'
    else '{}'
  end;
end $$;

-- The new children of one locked definition, judged as invokes of the user: {"definition_id", "user_id", "places": of these children,
-- "frozen": see `frozen_for_runs`, "judged": see `judge_runs`}. {} when there are none. Or {"refused", "definition_id", "indexes"}.
create or replace function public.new_children_of(
  p_context jsonb, p_user_id uuid, p_definition_id uuid, p_children json, p_new integer[], p_now timestamptz
) returns jsonb
language plpgsql as $$
declare
  v_tenant_id constant uuid := p_context #>> '{run,tenant_id}';
  v_role constant text := public.role_of(v_tenant_id, p_user_id);
  v_places integer[];
  v_runs json;
  v_frozen jsonb;
  v_judged jsonb := '{}';
begin
  select array_agg(given.place order by given.place), json_agg(given.value order by given.place) into v_places, v_runs
  from json_array_elements(p_children) with ordinality given (value, place)
  where given.place = any (p_new) and (given.value ->> 'workflow_definition_id')::uuid = p_definition_id;
  if v_places is null then
    return '{}';
  end if;
  if not public.may_see_definition(v_role, v_tenant_id, p_user_id, p_definition_id) then
    v_judged := '{"refused": "not_visible"}';
  else
    v_frozen := public.frozen_for_runs(v_role, v_tenant_id, p_user_id, p_definition_id);
    v_judged := case
      when v_frozen ? 'refused' then v_frozen
      else public.check_inputs(p_context, p_definition_id, v_frozen ->> 'input_schema_hash', array(
        select given.value -> 'input' from json_array_elements(v_runs) with ordinality given (value, place) order by given.place))
    end;
  end if;
  if not v_judged ? 'refused' then
    v_judged := public.judge_runs(p_definition_id, v_frozen, v_runs, p_now);
  end if;
  if v_judged ? 'refused' then
    -- The places in the list of all children.
    return v_judged || jsonb_build_object('definition_id', p_definition_id, 'indexes', (
      select jsonb_agg(refused.place - 1 order by refused.place)
      from unnest(v_places) with ordinality refused (place, nth)
      where not v_judged ? 'indexes' or v_judged -> 'indexes' @> to_jsonb(refused.nth - 1)))
      || case when v_judged ? 'input_faults' then jsonb_build_object('input_faults', (
        select jsonb_agg(fault.value || jsonb_build_object('index', v_places[coalesce((fault.value ->> 'index')::integer, 0) + 1] - 1)
          order by fault.place)
        from jsonb_array_elements(v_judged -> 'input_faults') with ordinality fault (value, place))) else '{}' end;
  end if;
  return jsonb_build_object(
    'definition_id', p_definition_id, 'user_id', p_user_id, 'places', v_places, 'frozen', v_frozen, 'judged', v_judged);
end $$;

-- What refuses the children of a request, of the parts that `new_children_of` has returned; null when nothing does. What the Worker has to check
-- first, it checks for all definitions at once.
create or replace function public.refusal_of_children(p_parts jsonb) returns jsonb
language plpgsql immutable as $$
begin
  return (
    select part.value || case
        when part.value ? 'unchecked' then jsonb_build_object('unchecked', (
          select jsonb_agg(unchecked.value)
          from jsonb_array_elements(p_parts) other (value)
          cross join jsonb_array_elements(other.value -> 'unchecked') unchecked (value)))
        else '{}'
      end
    from jsonb_array_elements(p_parts) with ordinality part (value, place)
    where part.value ? 'refused'
    order by part.value ? 'unchecked', part.place
    limit 1);
end $$;

-- Inserts the children of a part that `new_children_of` has returned.
create or replace function public.insert_children(
  p_parent_id uuid, p_depth integer, p_part jsonb, p_run_ids uuid[], p_children json, p_traceparent text, p_now timestamptz
) returns void
language plpgsql as $$
declare
  v_run_ids constant uuid[] := public.ids_at(p_run_ids, p_part -> 'places');
  v_tenant_id constant uuid := (select r.tenant_id from public.workflow_runs r where r.id = p_parent_id);
  v_runs constant json := (
    select json_agg(given.value order by given.place)
    from json_array_elements(p_children) with ordinality given (value, place)
    where p_part -> 'places' @> to_jsonb(given.place));
begin
  perform public.insert_runs(jsonb_build_object('tenant_id', v_tenant_id, 'user_id', p_part -> 'user_id',
    'definition_id', p_part -> 'definition_id', 'traceparent', p_traceparent, 'parent_run_id', p_parent_id),
    p_part -> 'frozen', p_part -> 'judged', v_run_ids, v_runs, p_now);
  insert into public.run_children (run_id, tenant_id, parent_run_id, workflow_definition_id, key, depth)
  select child.run_id, v_tenant_id, p_parent_id, (p_part ->> 'definition_id')::uuid, child.value ->> 'key', p_depth
  from rows from (unnest(v_run_ids), json_array_elements(v_runs)) child (run_id, value);
end $$;

-- Those of these ids that stand at these places, from 1, in the order of the places.
create or replace function public.ids_at(p_ids uuid[], p_places jsonb) returns uuid[]
language sql immutable as $$
  select array(
    select p_ids[(place.value #>> '{}')::integer] from jsonb_array_elements(p_places) with ordinality place (value, nth) order by place.nth)
$$;
