-- Schedules that are due, and due firings, the longest due first: of one tenant, or of all tenants, in rounds, from the position
-- `p_after` on: see `next_in_round`. Together they are up to `p_limit`. None while an operator has paused the sweep.
--
-- Answers {"now", "items": [{"trigger_id", "tenant_id", "version", "schedule", "after_at", "missed_until", "catches_up", "fired": the instants after
-- "after_at" that a backfill has fired}], "due_firing_ids", "due_firings": the same, with their triggers, or
-- the runs whose children they are about, "after": the position from which the next call goes on}. Instants are RFC 3339.
create or replace function public.list_due_triggers(p_tenant_id uuid, p_limit integer, p_after uuid default null) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_now constant timestamptz := statement_timestamp();
  v_except constant uuid[] := public.set_aside_by('firings');
  v_after uuid := p_after;
  v_tenant_ids uuid[] := case when p_tenant_id = any (v_except) then '{}'::uuid[] else array[p_tenant_id] end;
  v_ids uuid[];
  v_due_ids bigint[];
begin
  if not exists (select from public.sweep_state s where s.paused_at is not null) then
    -- With less due than the limit, the parts of the longest due below find all of it, and no round is needed.
    if p_tenant_id is null and p_limit <= (
      select count(*)
      from (
        (select from public.triggers t where t.due_at <= v_now limit p_limit)
        union all
        (select from public.due_firings f where f.due_at <= v_now limit p_limit)
      ) due) then
      select next.ids, next.after into v_tenant_ids, v_after from public.next_in_round('firings', p_after, v_now, p_limit) next;
    end if;
    with due as (
      select of_tenant.*
      from unnest(v_tenant_ids) tenant (id)
      cross join lateral (
        (
          select t.tenant_id, t.id, null::bigint as firing_id, t.due_at
          from public.triggers t
          where t.tenant_id = tenant.id and t.due_at <= v_now and t.id <> all (v_except)
          order by t.due_at
          limit p_limit
        )
        union all
        (
          select f.tenant_id, null, f.id, f.due_at
          from public.due_firings f
          where f.tenant_id = tenant.id and f.due_at <= v_now and coalesce(f.trigger_id, f.parent_run_id) <> all (v_except)
          order by f.due_at, f.id
          limit p_limit
        )
        order by due_at
        limit greatest(2 * p_limit / cardinality(v_tenant_ids), 1)
      ) of_tenant
      union
      (
        select t.tenant_id, t.id, null::bigint, t.due_at
        from public.triggers t
        where p_tenant_id is null and t.due_at <= v_now and t.id <> all (v_except)
        order by t.due_at
        limit p_limit
      )
      union
      (
        select f.tenant_id, null, f.id, f.due_at
        from public.due_firings f
        where p_tenant_id is null and f.due_at <= v_now and coalesce(f.trigger_id, f.parent_run_id) <> all (v_except)
        order by f.due_at, f.id
        limit p_limit
      )
    ), chosen as (
      select ranked.id, ranked.firing_id, ranked.due_at
      from (
        select due.*, row_number() over (partition by due.tenant_id order by due.due_at, due.firing_id) as round from due
      ) ranked
      -- The next tenants of the round come first. They are not more than the limit, so it leaves none of them out.
      order by ranked.round, ranked.tenant_id = any (v_tenant_ids) desc, ranked.due_at
      limit p_limit
    )
    select array_agg(chosen.id) filter (where chosen.id is not null),
      array_agg(chosen.firing_id order by chosen.due_at, chosen.firing_id) filter (where chosen.firing_id is not null)
    into v_ids, v_due_ids
    from chosen;
  end if;
  return jsonb_build_object('now', public.wire_instant(v_now), 'after', v_after, 'items', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'trigger_id', t.id, 'tenant_id', t.tenant_id, 'version', t.version, 'schedule', t.config, 'after_at', public.wire_instant(t.after_at),
      'missed_until', public.wire_instant(t.missed_until), 'catches_up', t.catches_up, 'fired', public.fired_ahead(t.id, t.after_at))
      order by t.due_at), '[]')
    from public.triggers t
    where t.id = any (v_ids)), 'due_firing_ids', coalesce(to_jsonb(v_due_ids), '[]'), 'due_firings', (
    select coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'trigger_id', coalesce(f.trigger_id, f.parent_run_id), 'tenant_id', f.tenant_id) order by due.place), '[]')
    from unnest(v_due_ids) with ordinality due (id, place)
    join public.due_firings f on f.id = due.id));
end $$;
