-- How a sweep goes from tenant to tenant, in rounds.
--
-- A sweep finds what is due in two ways at once. Its cost depends on how much is due, and not on how many tenants there are.
-- 1. It goes from tenant to tenant in the order of their ids, and the next sweep goes on where this one stops. An index finds the next
--    tenant without reading the rows in between. So however much is due for one tenant, something of each of the others is done in every round.
-- 2. Up to its limit, it also takes what has been due longest, of any tenant. Stops and notifications are found by the first way only.

-- The next tenants for which something is due, after the position `p_after`, in the order of their ids: one row. `ids` are up to `p_limit`
-- of them, or null when there are none. `after` is the position from which the next call goes on; null means from the beginning, and is
-- returned when no tenant is left. A call ends early when it has passed 200 tenants for which something is planned, but nothing is due yet.
-- `p_what` is:
--   dispatches     dispatches
--   stops          webhooks of stops
--   ends           ends of runs by time: see `overdue_runs`. A tenant is also returned when a run is due to join its queue, or is one of
--                  a deleted definition, although then no run of it may be overdue.
--   firings        schedules, and due firings
--   notifications  notifications. The ids are those of endpoints, since a slow endpoint must not delay the others of its tenant.
create or replace function public.next_in_round(p_what text, p_after uuid, p_now timestamptz, p_limit integer)
returns table (ids uuid[], after uuid)
language plpgsql stable rows 1 set plan_cache_mode = force_generic_plan as $$
declare
  c_most_passed constant integer := 200;
  v_id uuid := coalesce(p_after, '00000000-0000-0000-0000-000000000000');
  v_next_id uuid;
  v_due_at timestamptz;
  v_ids uuid[];
  v_passed integer := 0;
begin
  while coalesce(cardinality(v_ids), 0) < p_limit and v_passed < c_most_passed loop
    case p_what
      when 'dispatches' then
        select r.tenant_id, r.next_dispatch_at into v_next_id, v_due_at
        from public.workflow_runs r
        where r.next_dispatch_at is not null and r.tenant_id > v_id
        order by r.tenant_id, r.next_dispatch_at
        limit 1;
      when 'stops' then
        select a.tenant_id, a.next_stop_dispatch_at into v_next_id, v_due_at
        from public.running_attempts a
        where a.next_stop_dispatch_at is not null and a.tenant_id > v_id
        order by a.tenant_id, a.next_stop_dispatch_at
        limit 1;
      when 'ends' then
        select first.tenant_id, first.due_at into v_next_id, v_due_at
        from (
          (select r.tenant_id, r.deadline_at as due_at from public.workflow_runs r
            where r.status = 'RUNNING' and r.tenant_id > v_id
            order by r.tenant_id, r.deadline_at limit 1)
          union all
          (select a.tenant_id, a.ends_at from public.running_attempts a
            where a.tenant_id > v_id
            order by a.tenant_id, a.ends_at limit 1)
          union all
          (select r.tenant_id, least(r.not_before, r.deadline_at) from public.workflow_runs r
            where r.status = 'PENDING' and least(r.not_before, r.deadline_at) is not null and r.tenant_id > v_id
            order by r.tenant_id, least(r.not_before, r.deadline_at) limit 1)
        ) first
        order by first.tenant_id, first.due_at
        limit 1;
      when 'firings' then
        select first.tenant_id, first.due_at into v_next_id, v_due_at
        from (
          (select t.tenant_id, t.due_at from public.triggers t
            where t.due_at is not null and t.tenant_id > v_id
            order by t.tenant_id, t.due_at limit 1)
          union all
          (select f.tenant_id, f.due_at from public.due_firings f
            where f.tenant_id > v_id
            order by f.tenant_id, f.due_at limit 1)
        ) first
        order by first.tenant_id, first.due_at
        limit 1;
      when 'notifications' then
        select n.endpoint_id, n.next_try_at into v_next_id, v_due_at
        from public.notifications n
        where n.next_try_at is not null and n.endpoint_id > v_id
        order by n.endpoint_id, n.next_try_at
        limit 1;
    end case;
    exit when v_next_id is null;
    v_id := v_next_id;
    if v_due_at <= p_now then
      v_ids := v_ids || v_id;
    else
      v_passed := v_passed + 1;
    end if;
  end loop;
  return query select v_ids, case when v_next_id is not null then v_id end;
end $$;
