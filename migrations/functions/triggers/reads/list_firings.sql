-- The firings of a trigger that the caller may see, newest first. The page begins after the position `p_before`: see `position_of`.
--
-- Answers {"tenant_id", and either "items" and "next", or "refused"} (see `judge_trigger_read`)
create or replace function public.list_firings(p_credential jsonb, p_trigger_id uuid, p_before text, p_limit integer)
returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.judge_trigger_read(p_credential, p_trigger_id);
  v_before_at timestamptz;
  v_before_id uuid;
  v_items jsonb;
  v_next text;
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  select place.at, place.id into v_before_at, v_before_id from public.place_of(p_before) place;
  with page as (
    select f as firing, f.id, f.at, row_number() over (order by f.at desc, f.id desc) as place
    from public.trigger_firings f
    where f.trigger_id = p_trigger_id and (f.at, f.id) < (v_before_at, v_before_id)
    order by f.at desc, f.id desc
    limit p_limit + 1
  )
  select
    coalesce(jsonb_agg(public.firing_response(page.firing) order by page.place) filter (where page.place <= p_limit), '[]'),
    case when count(*) > p_limit then
      max(public.position_of(page.at, page.id)) filter (where page.place = p_limit) end
  into v_items, v_next
  from page;
  return v_judged || jsonb_build_object('items', v_items, 'next', v_next);
end $$;
