-- The open questions that the caller may answer, newest first. The page begins after the position `p_before`: see `position_of`.
--
-- Answers {"refused": "unauthenticated"}, or {"tenant_id", "items": see `wait_response`, "next": null at the end}. Of a very long list
-- with few questions that this caller may answer, a page may have fewer items than `p_limit`, or none, although there is a next one.
create or replace function public.list_waits(p_credential jsonb, p_before text, p_limit integer) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  -- How many questions a page looks at.
  c_window constant integer := 1000;
  v_now constant timestamptz := statement_timestamp();
  v_is_person constant boolean := public.is_person(p_credential);
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_before_at timestamptz;
  v_before_id uuid;
  v_definition_ids uuid[];
  v_items jsonb;
  v_next text;
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  select place.at, place.id into v_before_at, v_before_id from public.place_of(p_before) place;
  -- A USER may invoke few workflows, and is shown no others. An administrator may invoke all.
  if not public.is_administrator(v_role) then
    v_definition_ids := array(
      select readable.id from public.readable_definitions(v_role, v_tenant_id, v_user_id) readable
      where public.may_invoke(v_role, v_tenant_id, v_user_id, readable.id));
  end if;
  with looked_at as materialized (
    (
      select w.run_id, w.key, w.asked_at, w.id
      from public.run_waits w
      where v_definition_ids is null and w.tenant_id = v_tenant_id and w.kind = 'question' and w.is_open
        and (w.asked_at, w.id) < (v_before_at, v_before_id)
      order by w.asked_at desc, w.id desc
      limit c_window
    )
    union all
    (
      select w.run_id, w.key, w.asked_at, w.id
      from unnest(v_definition_ids) definition (id)
      cross join lateral (
        select w.run_id, w.key, w.asked_at, w.id
        from public.run_waits w
        where w.workflow_definition_id = definition.id and w.kind = 'question' and w.is_open
          and (w.asked_at, w.id) < (v_before_at, v_before_id)
        order by w.asked_at desc, w.id desc
        limit c_window
      ) w
      order by w.asked_at desc, w.id desc
      limit c_window
    )
  ), page as (
    select looked_at.run_id, looked_at.key, looked_at.asked_at, looked_at.id,
      row_number() over (order by looked_at.asked_at desc, looked_at.id desc) as place
    from looked_at
    cross join lateral (
      select w.* from public.run_waits w where w.run_id = looked_at.run_id and w.key = looked_at.key limit 1) w
    cross join lateral public.run_by_id(looked_at.run_id) r
    cross join lateral public.run_as_seen(r, v_now) seen
    where public.is_suspended(seen.status, r.suspended_at, r.not_before, v_now)
      and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
      and public.may_answer(v_role, v_user_id, v_is_person, r.user_id, w.answer_by, w.people_only)
    order by looked_at.asked_at desc, looked_at.id desc
    limit p_limit + 1
  )
  select
    coalesce(jsonb_agg(public.wait_response(page.run_id, page.key) order by page.place) filter (where page.place <= p_limit), '[]'),
    case
      when count(*) > p_limit then max(public.position_of(page.asked_at, page.id)) filter (where page.place = p_limit)
      when (select count(*) from looked_at) = c_window then (
        select public.position_of(last.asked_at, last.id) from looked_at last order by last.asked_at, last.id limit 1)
    end
  into v_items, v_next
  from page;
  return jsonb_build_object('tenant_id', v_tenant_id, 'items', v_items, 'next', v_next);
end $$;
