-- The notifications of an endpoint, newest first, including those that were not sent yet. The page begins after the position
-- `p_before`: see `position_of`.
--
-- Answers {"tenant_id", and either "items" and "next", or "refused"} (see `judge_endpoint_read`)
create or replace function public.list_deliveries(
  p_credential jsonb, p_endpoint_id uuid, p_before text, p_limit integer
) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb := public.judge_endpoint_read(p_credential, p_endpoint_id);
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
    select n.id, n.created_at, row_number() over (order by n.created_at desc, n.id desc) as place
    from public.notifications n
    where n.endpoint_id = p_endpoint_id and (n.created_at, n.id) < (v_before_at, v_before_id)
    order by n.created_at desc, n.id desc
    limit p_limit + 1
  )
  select
    coalesce(jsonb_agg(public.delivery_response(page.id) order by page.place) filter (where page.place <= p_limit), '[]'),
    case when count(*) > p_limit then
      max(public.position_of(page.created_at, page.id)) filter (where page.place = p_limit) end
  into v_items, v_next
  from page;
  return v_judged || jsonb_build_object('items', v_items, 'next', v_next);
end $$;
