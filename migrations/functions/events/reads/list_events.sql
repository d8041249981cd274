-- The events of the caller's tenant after a position, oldest first: those that the caller may see and, if given, that have
-- these names, this definition, and a run with all of these labels (`key:value`). A position is `epoch.transaction.id` of an
-- event, or null for the beginning.
--
-- Guarantees: a reader who continues from the `next` of each answer gets every event exactly once, in an order that never
-- changes.
-- Closes the race with a transaction that commits later than a younger one: events are ordered by the number of their
-- transaction, and are shown only when no transaction with a lower number is under way. `pg_snapshot_xmin` is the lowest one
-- that is. Events that are committed later have a higher number, so they come after all that was shown.
--
-- Answers {"refused": "unauthenticated"}, or {"tenant_id", "items", "next", "has_more", "holds_back"}:
-- - items: [{"position", "id", "type", "at", "run_id", "workflow_definition_id", "attempt", "labels", "detail"}]
-- - next: the position from which to continue; null when there is none yet
-- - has_more: true when more can be read at once
-- - holds_back: true when events wait for the end of a transaction with a lower number
create or replace function public.list_events(
  p_credential jsonb, p_after text, p_names text[], p_definition_id uuid, p_limit integer,
  p_labels text[] default null
) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  -- How many events a call examines. So a filter that matches nothing costs no more than any other.
  c_window constant integer := 500;
  v_oldest_running constant xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_epoch constant integer := (select e.epoch from public.event_epoch e);
  v_after_epoch constant integer := coalesce(split_part(p_after, '.', 1), '0')::integer;
  v_after_xid constant xid8 := coalesce(split_part(p_after, '.', 2), '0')::xid8;
  v_after_id constant bigint := coalesce(split_part(p_after, '.', 3), '0')::bigint;
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_items jsonb;
  v_looked_at integer;
  v_last text;
  v_next text;
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;

  with looked_at as materialized (
    select e.*, concat_ws('.', e.epoch, e.xid, e.id) as "position"
    from public.workflow_run_events e
    where e.tenant_id = v_tenant_id and (e.epoch, e.xid, e.id) > (v_after_epoch, v_after_xid, v_after_id)
      and (e.epoch < v_epoch or e.xid < v_oldest_running)
    order by e.epoch, e.xid, e.id
    limit c_window
  ), readable as materialized (
    select definition.id from public.readable_definitions(v_role, v_tenant_id, v_user_id) definition
  ), shown as (
    select e.*, about.definition_id as workflow_definition_id
    from looked_at e
    left join public.workflow_runs r on r.id = e.run_id
    cross join lateral (
      select coalesce(r.workflow_definition_id, public.definition_of_event(e.run_id, e.detail)) as definition_id
    ) about
    where (p_names is null or public.event_name(e.type) = any (p_names))
      and (p_definition_id is null or about.definition_id = p_definition_id)
      and case
        when e.run_id is null then public.is_administrator(v_role)
          or about.definition_id in (select readable.id from readable)
        else r.id is not null and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
          and public.run_is_visible(
            v_role, v_user_id, r.user_id, r.workflow_definition_id in (select readable.id from readable))
      end
      and (p_labels is null or public.has_labels(e.run_id, p_labels))
    order by e.epoch, e.xid, e.id
    limit p_limit
  )
  select
    (select coalesce(jsonb_agg(jsonb_build_object(
        'position', shown."position", 'id', shown.id::text, 'type', public.event_name(shown.type),
        'at', public.wire_instant(shown.at), 'run_id', shown.run_id,
        'workflow_definition_id', shown.workflow_definition_id, 'attempt', shown.attempt,
        'labels', public.labels_of(shown.run_id), 'detail', shown.detail)
      order by shown.epoch, shown.xid, shown.id), '[]') from shown),
    (select count(*) from looked_at),
    (select looked_at."position" from looked_at order by epoch desc, xid desc, id desc limit 1)
  into v_items, v_looked_at, v_last;

  -- A full page ends with its last item. Any other page ends with the last event that was examined.
  v_next := coalesce(
    case when jsonb_array_length(v_items) = p_limit then v_items -> -1 ->> 'position' else v_last end, p_after);
  return jsonb_build_object(
    'tenant_id', v_tenant_id, 'items', v_items, 'next', v_next,
    'has_more', v_looked_at = c_window or v_next is distinct from coalesce(v_last, p_after),
    'holds_back', exists (
      select from public.workflow_run_events e
      where e.tenant_id = v_tenant_id and e.epoch = v_epoch and e.xid >= v_oldest_running
        and (e.epoch, e.xid, e.id) > (v_after_epoch, v_after_xid, v_after_id)));
end $$;
