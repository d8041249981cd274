-- The events of the runs in the caller's tenant after a given event, for a stream: only of runs that the caller may see and, if
-- given, of one definition, of one user, and with all of these labels (`key:value`). A transaction may commit an event after
-- another one with a higher id. So the caller asks again from a little earlier, and passes in `p_known` the events that it has
-- already had. Without `p_after`, the answer has no items, and says where to begin.
--
-- Answers {"refused": "unauthenticated"}, or {"tenant_id", "user_id" of the caller, "ids", "items"}:
-- - ids: of the events that were examined, up to `p_limit`, oldest first; without `p_after`, of the latest event
-- - items: [{"event", "run"}] as in `follow_run`, for those of the examined events that match the filter and that the caller may see
create or replace function public.follow_runs(
  p_credential jsonb, p_definition_id uuid, p_user_id uuid, p_after bigint, p_known bigint[], p_limit integer,
  p_labels text[] default null
) returns jsonb
language plpgsql volatile set plan_cache_mode = force_generic_plan as $$
declare
  v_now constant timestamptz := statement_timestamp();
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_ids bigint[];
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  if p_after is null then
    return jsonb_build_object(
      'tenant_id', v_tenant_id, 'user_id', v_user_id, 'ids', jsonb_build_array(public.last_event_id()), 'items', '[]'::jsonb);
  end if;
  v_ids := array(
    select e.id from public.workflow_run_events e
    where e.tenant_id = v_tenant_id and e.id > p_after
      -- Postgres puts the result of a sub-select into a hash table. Of an array it would compare each element with each event.
      and e.id not in (select known.id from unnest(p_known) known (id))
    order by e.id
    limit p_limit);
  return jsonb_build_object(
    'tenant_id', v_tenant_id, 'user_id', v_user_id, 'ids', v_ids, 'items', (
      with event as materialized (
        select e.id, e.run_id, public.event_response(e) as response
        from unnest(v_ids) looked_at (id)
        join public.workflow_run_events e on e.id = looked_at.id
      ), run as materialized (
        -- Several events are of the same run, which is judged and shown once.
        select r.id, public.run_response(r.id, v_now) as response
        from (select distinct event.run_id as id from event) changed
        join public.workflow_runs r on r.id = changed.id
        where (p_definition_id is null or r.workflow_definition_id = p_definition_id)
          and (p_user_id is null or r.user_id = p_user_id)
          and (p_labels is null or public.has_labels(r.id, p_labels))
          and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
          and public.may_see_run(v_role, v_tenant_id, v_user_id, r.user_id, r.workflow_definition_id)
      )
      select coalesce(
        jsonb_agg(jsonb_build_object('event', event.response, 'run', run.response) order by event.id), '[]')
      from event
      join run on run.id = event.run_id));
end $$;
