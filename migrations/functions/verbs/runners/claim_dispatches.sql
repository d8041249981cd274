-- Claims up to `p_limit` due dispatches: until the claim is over, nobody else sends them. The tenants take turns, and of
-- each tenant the dispatches that have been due longest come first. With a `p_tenant_id`, only that tenant's are claimed. A
-- runner in `p_quick` gets all its due dispatches, a runner in `p_busy` gets none, and any other runner gets at most one (see
-- `runner_of`).
--
-- Guarantees: a due dispatch is claimed by one caller at a time, and is due again when that caller dies.
-- Closes the race between two sweeps: each skips the rows that the other has locked.
--
-- Answers {"result": {"dispatches": [in the form of `dispatch_of`]}}.
create or replace function public.claim_dispatches(
  p_context jsonb, p_tenant_id uuid, p_limit integer, p_quick text[], p_busy text[]
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- How many due dispatches a claim examines: in total, and at least of each tenant.
  c_window constant integer := 200;
  c_tenant_window constant integer := 10;
  v_since constant bigint := public.last_event_id();
  v_now timestamptz := clock_timestamp();
  v_run_ids uuid[];
begin
  with recursive tenant (id) as (
    (select coalesce(p_tenant_id, (
      select r.tenant_id from public.workflow_runs r where r.next_dispatch_at is not null order by r.tenant_id limit 1)))
    union all
    select (
      select r.tenant_id from public.workflow_runs r
      where r.next_dispatch_at is not null and r.tenant_id > tenant.id
      order by r.tenant_id limit 1)
    from tenant
    where tenant.id is not null and p_tenant_id is null
  ), seen as (
    select due.*, row_number() over (partition by due.runner order by due.next_dispatch_at) as place
    from tenant
    cross join lateral (
      select r.id, r.tenant_id, r.next_dispatch_at, public.runner_of(d.tenant_id, d.runner_url) as runner
      from public.workflow_runs r
      join public.workflow_definitions d on d.id = r.workflow_definition_id
      where r.tenant_id = tenant.id and r.next_dispatch_at <= v_now and public.run_ends_at(r.id, r.status, r.deadline_at) > v_now
      order by r.next_dispatch_at
      limit (select greatest(c_window / count(*), c_tenant_window) from tenant)
    ) due
  ), chosen as (
    select seen.id, seen.next_dispatch_at,
      row_number() over (partition by seen.tenant_id order by seen.next_dispatch_at) as turn
    from seen
    where (seen.place = 1 or seen.runner = any (p_quick)) and seen.runner <> all (p_busy)
  ), held as (
    select held.id
    from (select id from chosen order by turn, next_dispatch_at limit p_limit) next
    -- Each run is looked up by the primary key. With a join, the planner might begin with all due dispatches.
    cross join lateral (
      select r.id
      from public.workflow_runs r
      where r.id = next.id and r.next_dispatch_at <= v_now and public.run_ends_at(r.id, r.status, r.deadline_at) > v_now
      for update skip locked
    ) held
  ), claimed as (
    update public.workflow_runs r
    set next_dispatch_at = v_now + public.claim_time(), dispatch_count = r.dispatch_count + 1
    from held
    where r.id = held.id
    returning r.id
  )
  select array_agg(id) into v_run_ids from claimed;
  return public.answer_of(p_context, v_since, p_tenant_id, jsonb_build_object('result', jsonb_build_object('dispatches', coalesce((
    select jsonb_agg(public.dispatch_of(claimed.id, v_now)) from unnest(v_run_ids) claimed (id)), '[]'))));
end $$;
