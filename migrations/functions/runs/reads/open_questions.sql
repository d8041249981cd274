-- The questions of suspended runs that a caller may answer: the list of them, and their number beside the menu of each page.

-- The newest questions before a place that are open as their rows say, of the workflows that the caller may invoke: at most so many.
-- An administrator may invoke all. Whether this caller may answer one of them now, `answerable` says.
create or replace function public.open_questions(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_before_at timestamptz, p_before_id uuid, p_limit integer
) returns table (run_id uuid, key text, asked_at timestamptz, id uuid)
language sql stable as $$
  (
    select w.run_id, w.key, w.asked_at, w.id
    from public.run_waits w
    where public.is_administrator(p_role) and w.tenant_id = p_tenant_id and w.kind = 'question' and w.is_open
      and (w.asked_at, w.id) < (p_before_at, p_before_id)
    order by w.asked_at desc, w.id desc
    limit p_limit
  )
  union all
  (
    select w.run_id, w.key, w.asked_at, w.id
    from public.readable_definitions(p_role, p_tenant_id, p_user_id) readable
    cross join lateral (
      select w.run_id, w.key, w.asked_at, w.id
      from public.run_waits w
      where w.workflow_definition_id = readable.id and w.kind = 'question' and w.is_open
        and (w.asked_at, w.id) < (p_before_at, p_before_id)
      order by w.asked_at desc, w.id desc
      limit p_limit
    ) w
    -- Whoever may read a workflow may not invoke it yet. Most workflows have no question, so this is judged only of those that have one.
    where case
      when exists (
        select from public.run_waits w
        where w.workflow_definition_id = readable.id and w.kind = 'question' and w.is_open)
        then public.may_invoke(p_role, p_tenant_id, p_user_id, readable.id)
    end
    order by w.asked_at desc, w.id desc
    limit p_limit
  )
$$;

-- The question of a run if this caller may answer it at an instant: one row or none.
create or replace function public.answerable(
  p_run_id uuid, p_key text, p_role text, p_user_id uuid, p_is_person boolean, p_now timestamptz
) returns setof public.run_waits
language sql stable as $$
  select w.*
  from (select w.* from public.run_waits w where w.run_id = p_run_id and w.key = p_key limit 1) w
  cross join lateral public.run_by_id(p_run_id) r
  cross join lateral public.run_as_seen(r, p_now) seen
  where public.is_suspended(seen.status, r.suspended_at, r.not_before, p_now)
    and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
    and public.may_answer(p_role, p_user_id, p_is_person, r.user_id, w.answer_by, w.people_only)
$$;

-- How many questions the caller may answer now, of the newest 200, and at most 100.
create or replace function public.count_questions(p_role text, p_tenant_id uuid, p_user_id uuid, p_is_person boolean) returns integer
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  c_window constant integer := 200;
  c_most constant integer := 100;
  v_now constant timestamptz := statement_timestamp();
begin
  -- Most tenants have none.
  if not exists (
    select from public.run_waits w where w.tenant_id = p_tenant_id and w.kind = 'question' and w.is_open
  ) then
    return 0;
  end if;
  return (
    select count(*)
    from (
      select
      from public.place_of(null) place
      cross join lateral public.open_questions(p_role, p_tenant_id, p_user_id, place.at, place.id, c_window) asked
      cross join lateral public.answerable(asked.run_id, asked.key, p_role, p_user_id, p_is_person, v_now)
      limit c_most
    ) counted);
end $$;
