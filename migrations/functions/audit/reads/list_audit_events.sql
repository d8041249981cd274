-- The audit log of the caller's tenant, for its OWNER and ADMINs, newest first. The page begins after the position `p_before`: see
-- `position_of`. Each filter may be null: the user who acted, an object that an event is on or about, the action, and the instants from
-- `p_since` on and before `p_until`.
--
-- Answers {"tenant_id", and either "items" and "next", or "refused"} (see `judge_administrator`). With several filters, a page may have
-- fewer items than `p_limit` although there are more: `next` is null at the end.
create or replace function public.list_audit_events(
  p_credential jsonb, p_actor_id uuid, p_object_id uuid, p_action text, p_since timestamptz, p_until timestamptz, p_before text,
  p_limit integer
) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  -- How many rows a page examines, when one index cannot find those of all filters.
  c_window constant integer := 500;
  v_judged constant jsonb := public.judge_administrator(p_credential);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_examined constant integer := case when num_nonnulls(p_actor_id, p_object_id, p_action) > 1 then c_window else p_limit + 1 end;
  v_before_at timestamptz;
  v_before_id uuid;
  v_items jsonb;
  v_next text;
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  select place.at, place.id into v_before_at, v_before_id from public.place_of(p_before) place;
  if p_until <= v_before_at then
    v_before_at := p_until;
    v_before_id := '00000000-0000-0000-0000-000000000000';
  end if;
  with looked_at as materialized (
    select found.at, found.id
    from public.audit_rows(
      v_tenant_id, p_actor_id, p_object_id, p_action, coalesce(p_since, '-infinity'), v_before_at, v_before_id, v_examined) found
  ), page as (
    select found.event, looked_at.at, looked_at.id, row_number() over (order by looked_at.at desc, looked_at.id desc) as place
    from looked_at
    cross join lateral (
      select e as event
      from public.audit_events e
      where e.tenant_id = v_tenant_id and e.at = looked_at.at and e.id = looked_at.id
        and (p_actor_id is null or e.actor_id = p_actor_id) and (p_action is null or e.action = p_action)
      limit 1
    ) found
    order by looked_at.at desc, looked_at.id desc
    limit p_limit + 1
  )
  select
    coalesce(jsonb_agg(public.audit_event_response(page.event) order by page.place) filter (where page.place <= p_limit), '[]'),
    case
      when count(*) > p_limit then max(public.position_of(page.at, page.id)) filter (where page.place = p_limit)
      when (select count(*) from looked_at) = v_examined then (
        select public.position_of(last.at, last.id) from looked_at last order by last.at, last.id limit 1)
    end
  into v_items, v_next
  from page;
  return v_judged || jsonb_build_object('items', v_items, 'next', v_next);
end $$;
