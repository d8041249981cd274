-- Schedules that are due, and then due firings, the longest due first: of one tenant, or of all tenants, which then take turns. Together
-- they are up to `p_limit`. None while an operator has paused the sweep.
--
-- Answers {"now", "items": [{"trigger_id", "version", "schedule", "after_at", "missed_until", "catches_up"}], "due_firing_ids"}. Instants
-- are RFC 3339.
create or replace function public.list_due_triggers(p_tenant_id uuid, p_limit integer) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  -- Among how many due triggers the tenants take turns.
  c_looked_at constant integer := 2000;
  v_now constant timestamptz := statement_timestamp();
  v_ids uuid[];
  v_due_ids bigint[];
begin
  if not exists (select from public.sweep_state s where s.paused_at is not null) then
    if p_tenant_id is not null then
      v_ids := array(
        select t.id from public.triggers t where t.tenant_id = p_tenant_id and t.due_at <= v_now order by t.due_at limit p_limit);
      v_due_ids := array(
        select f.id
        from public.due_firings f
        where f.tenant_id = p_tenant_id and f.due_at <= v_now
        order by f.due_at, f.id
        limit p_limit - cardinality(v_ids));
    else
      v_ids := array(
        select due.id
        from (
          select looked_at.id, looked_at.due_at,
            row_number() over (partition by looked_at.tenant_id order by looked_at.due_at) as turn
          from (
            select t.id, t.tenant_id, t.due_at from public.triggers t where t.due_at <= v_now order by t.due_at limit c_looked_at
          ) looked_at
        ) due
        order by due.turn, due.due_at
        limit p_limit);
      v_due_ids := array(
        select due.id
        from (
          select looked_at.id, looked_at.due_at,
            row_number() over (partition by looked_at.tenant_id order by looked_at.due_at, looked_at.id) as turn
          from (
            select f.id, f.tenant_id, f.due_at from public.due_firings f where f.due_at <= v_now order by f.due_at limit c_looked_at
          ) looked_at
        ) due
        order by due.turn, due.due_at
        limit p_limit - cardinality(v_ids));
    end if;
  end if;
  return jsonb_build_object('now', public.wire_instant(v_now), 'items', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'trigger_id', t.id, 'version', t.version, 'schedule', t.config, 'after_at', public.wire_instant(t.after_at),
      'missed_until', public.wire_instant(t.missed_until), 'catches_up', t.catches_up) order by t.due_at), '[]')
    from public.triggers t
    where t.id = any (v_ids)), 'due_firing_ids', coalesce(to_jsonb(v_due_ids), '[]'));
end $$;
