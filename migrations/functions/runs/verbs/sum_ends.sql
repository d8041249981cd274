-- Adds the ends of runs to the sums by hour and by day: see run_sums.sql. It reads up to `p_limit` events of the feed, shared by up to 100
-- tenants that may have new ones, those that it has looked at longest ago first. Of these tenants it also deletes up to `p_limit` sums that are too
-- old; of a tenant where nothing happens any more, they stay.
--
-- Guarantees: each event is counted exactly once, even when calls overlap or a transaction commits late: see `list_events`.
-- Closes the race with another call and with the deletion of a run: all lock the tenant's position. Tenants whose positions are locked are
-- skipped.
--
-- For `p_only` and `p_lists` see shared/rules/set_aside.sql. The candidates are tenants.
--
-- Answers {"result": {"has_more"}}: true when there may be more to add; false, too, when 100 tenants all wait for older transactions.
create or replace function public.sum_ends(
  p_context jsonb, p_limit integer, p_only uuid[] default null, p_lists boolean default false
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  c_most_tenants constant integer := 100;
  c_most_noticed constant integer := 20000;
  v_except constant uuid[] := public.set_aside_by('sums');
  v_oldest_running constant xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_epoch constant integer := (select e.epoch from public.event_epoch e);
  v_tenant_ids uuid[];
  v_share integer;
  v_now timestamptz;
  v_event_ids bigint[];
  v_definition_ids uuid[];
  v_has_more boolean := public.notice_new_events(c_most_noticed);
begin
  -- 1. Lock the positions of the tenants that may have new events.
  v_tenant_ids := array(
    select p.tenant_id
    from public.run_sum_positions p
    where p.is_behind and public.takes(p.tenant_id, p_only, v_except)
    order by p.looked_at, p.tenant_id
    limit c_most_tenants
    for update skip locked);
  if p_lists then
    return public.candidates_of(p_context, v_tenant_ids);
  end if;
  if v_tenant_ids = '{}' then
    return public.answer_of(p_context, null, jsonb_build_object('result', jsonb_build_object('has_more', v_has_more)));
  end if;
  v_now := clock_timestamp();
  v_share := greatest(p_limit / cardinality(v_tenant_ids), 1);

  -- 2. Move the positions, and add the ends and the retries.
  with looked_at as materialized (
    select e.*
    from public.run_sum_positions p
    cross join lateral (
      select e.id, e.epoch, e.xid, e.tenant_id, e.type, e.run_id
      from public.workflow_run_events e
      where e.tenant_id = p.tenant_id and (e.epoch, e.xid, e.id) > (p.epoch, p.xid, p.event_id)
        and (e.epoch < v_epoch or e.xid < v_oldest_running)
      order by e.epoch, e.xid, e.id
      limit v_share
    ) e
    where p.tenant_id = any (v_tenant_ids)
  ), last as (
    select distinct on (l.tenant_id) l.tenant_id, l.epoch, l.xid, l.id, count(*) over (partition by l.tenant_id) as events
    from looked_at l
    order by l.tenant_id, l.epoch desc, l.xid desc, l.id desc
  ), moved as (
    update public.run_sum_positions p
    set epoch = coalesce(last.epoch, p.epoch), xid = coalesce(last.xid, p.xid), event_id = coalesce(last.id, p.event_id), looked_at = v_now,
      -- It stays behind while events are held back.
      is_behind = (
        select e.id from public.workflow_run_events e
        where e.tenant_id = p.tenant_id
          and (e.epoch, e.xid, e.id) > (coalesce(last.epoch, p.epoch), coalesce(last.xid, p.xid), coalesce(last.id, p.event_id))
        order by e.epoch, e.xid, e.id
        limit 1) is not null
    from unnest(v_tenant_ids) tenant (id)
    left join last on last.tenant_id = tenant.id
    where p.tenant_id = tenant.id
    returning last.events, p.is_behind
  )
  select array_agg(l.id), array_agg(r.workflow_definition_id), v_has_more or (
    -- There may be more tenants than the limit. When all of these wait for older transactions, the next sweep goes on with the others.
    select bool_or(moved.events = v_share
      or cardinality(v_tenant_ids) = c_most_tenants and (moved.events is not null or not moved.is_behind))
    from moved)
  into v_event_ids, v_definition_ids, v_has_more
  from looked_at l
  join public.workflow_runs r on r.id = l.run_id
  where public.is_summed(l.type);
  perform public.add_to_sums(v_event_ids, v_definition_ids, v_now);

  -- 3. Delete what is too old.
  delete from public.run_sums s
  where (s.of_id, s.per, s.begins_at) in (
    select old.of_id, old.per, old.begins_at
    from unnest(v_tenant_ids) tenant (id), unnest(array['hour', 'day']) per (name)
    cross join lateral (
      select o.of_id, o.per, o.begins_at
      from public.run_sums o
      where o.tenant_id = tenant.id and o.per = per.name and o.begins_at < v_now - public.sums_kept_for(per.name)
      order by o.begins_at
      limit p_limit
    ) old
    limit p_limit);
  return public.answer_of(p_context, null,
    jsonb_build_object('result', jsonb_build_object('has_more', coalesce(v_has_more, false))));
end $$;
