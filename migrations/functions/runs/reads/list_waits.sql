-- The open questions that the caller may answer, newest first. The page begins after the position `p_before`: see `position_of`.
--
-- Answers {"refused": "unauthenticated"}, or {"tenant_id", "items": see `wait_response`, "next": null at the end}. Of a very long list
-- with few questions that this caller may answer, a page may have fewer items than `p_limit`, or none, although there is a next one.
create or replace function public.list_waits(p_credential jsonb, p_before text, p_limit integer) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  -- How many questions a page looks at, at most.
  c_window constant integer := 1000;
  v_now constant timestamptz := statement_timestamp();
  v_is_person constant boolean := public.is_person(p_credential);
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_before_at timestamptz;
  v_before_id uuid;
  v_window integer;
  v_looked_at integer;
  v_items jsonb;
  v_next text;
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  select place.at, place.id into v_before_at, v_before_id from public.place_of(p_before) place;
  -- Usually the caller may answer the newest questions. So it first looks only at as many as the page shows.
  foreach v_window in array array[p_limit + 1, c_window] loop
    with looked_at as materialized (
      select asked.run_id, asked.key, asked.asked_at, asked.id
      from public.open_questions(v_role, v_tenant_id, v_user_id, v_before_at, v_before_id, v_window) asked
    ), page as (
      select looked_at.run_id, looked_at.key, looked_at.asked_at, looked_at.id,
        row_number() over (order by looked_at.asked_at desc, looked_at.id desc) as place
      from looked_at
      cross join lateral public.answerable(looked_at.run_id, looked_at.key, v_role, v_user_id, v_is_person, v_now)
      order by looked_at.asked_at desc, looked_at.id desc
      limit p_limit + 1
    )
    select
      coalesce(jsonb_agg(public.wait_response(page.run_id, page.key) order by page.place) filter (where page.place <= p_limit), '[]'),
      case
        when count(*) > p_limit then max(public.position_of(page.asked_at, page.id)) filter (where page.place = p_limit)
        when (select count(*) from looked_at) = c_window then (
          select public.position_of(last.asked_at, last.id) from looked_at last order by last.asked_at, last.id limit 1)
      end,
      (select count(*) from looked_at)
    into v_items, v_next, v_looked_at
    from page;
    exit when v_next is not null or v_looked_at < v_window;
  end loop;
  return jsonb_build_object('tenant_id', v_tenant_id, 'items', v_items, 'next', v_next);
end $$;
