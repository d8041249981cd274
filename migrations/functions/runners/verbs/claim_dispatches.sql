-- Claims up to `p_limit` due dispatches: until the claim is over, nobody else sends them. With a `p_tenant_id`, only that tenant's are
-- claimed, those first that have been due longest. Otherwise it goes from tenant to tenant, from `p_after` on: see `next_in_round`. A
-- runner in `p_quick` gets all its due dispatches, a runner in `p_busy` gets none, and any other runner gets at most one (see
-- `runner_of`).
--
-- Guarantees: a due dispatch is claimed by one caller at a time, and is due again when that caller dies. The hub is not told of a claim: the
-- caller is about to send, and if it dies, the cron's sweep finds the dispatch when the claim is over.
-- Closes the race between two sweeps: each skips the rows that the other has locked.
--
-- For `p_only` and `p_lists` see shared/rules/set_aside.sql.
--
-- Answers {"result": {"dispatches": [in the form of `dispatch_of`], "after": the position from which the next claim goes on}}. When it
-- claims none, none is due that may be sent now, of any tenant.
create or replace function public.claim_dispatches(
  p_context jsonb, p_tenant_id uuid, p_limit integer, p_quick text[], p_busy text[], p_after uuid default null,
  p_only uuid[] default null, p_lists boolean default false
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- How many due dispatches a claim examines of the next tenants of the round: altogether, and at least of each.
  c_window constant integer := 200;
  c_tenant_window constant integer := 10;
  -- And how many of those that have been due longest, of any tenant.
  c_oldest constant integer := 50;
  v_except constant uuid[] := public.set_aside_by('dispatches');
  v_now timestamptz := clock_timestamp();
  v_after uuid := p_after;
  -- True when the tenants from the first one on have been looked at.
  v_is_whole boolean := p_after is null;
  v_tenant_ids uuid[] := case when p_tenant_id = any (v_except) then '{}'::uuid[] else array[p_tenant_id] end;
  v_has_backlog boolean := false;
  v_run_ids uuid[];
begin
  if p_tenant_id is null then
    -- With less due than this, the part of the longest due below finds all of it, and no round is needed.
    v_has_backlog := (
      select count(*) = c_oldest
      from (select from public.workflow_runs r where r.next_dispatch_at <= v_now limit c_oldest) due);
  end if;
  loop
    if v_has_backlog then
      select next.ids, next.after into v_tenant_ids, v_after from public.next_in_round('dispatches', v_after, v_now, p_limit) next;
    end if;
    with due as (
      select of_tenant.*
      from unnest(v_tenant_ids) tenant (id)
      cross join lateral (
        select r.id, r.tenant_id, r.workflow_definition_id, r.next_dispatch_at
        from public.workflow_runs r
        where r.tenant_id = tenant.id and r.next_dispatch_at <= v_now and public.run_ends_at(r.id, r.status, r.deadline_at) > v_now
          and public.takes(r.id, p_only, v_except)
        order by r.next_dispatch_at
        limit greatest(c_window / cardinality(v_tenant_ids), c_tenant_window)
      ) of_tenant
      union
      (
        select r.id, r.tenant_id, r.workflow_definition_id, r.next_dispatch_at
        from public.workflow_runs r
        where p_tenant_id is null and r.next_dispatch_at <= v_now and public.run_ends_at(r.id, r.status, r.deadline_at) > v_now
          and public.takes(r.id, p_only, v_except)
        order by r.next_dispatch_at
        limit c_oldest
      )
    ), seen as (
      select due.id, due.tenant_id, due.next_dispatch_at, runner.name as runner,
        row_number() over (partition by runner.name order by due.next_dispatch_at) as place
      from due
      cross join lateral (
        select public.runner_of(d.tenant_id, d.runner_url) as name
        from public.workflow_definitions d where d.id = due.workflow_definition_id limit 1
      ) runner
    ), chosen as (
      select seen.id, seen.tenant_id, seen.next_dispatch_at,
        row_number() over (partition by seen.tenant_id order by seen.next_dispatch_at) as round
      from seen
      where (seen.place = 1 or seen.runner = any (p_quick)) and seen.runner <> all (p_busy)
    ), held as (
      select held.id
      from (
        -- The next tenants of the round come first. They are not more than the limit, so it leaves none of them out.
        select chosen.id from chosen
        order by chosen.round, chosen.tenant_id = any (v_tenant_ids) desc, chosen.next_dispatch_at
        limit p_limit
      ) next
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
      where r.id = held.id and not p_lists
      returning r.id
    )
    select array_agg(id) into v_run_ids
    from (select claimed.id from claimed union all select held.id from held where p_lists) taken;
    -- When it could claim nothing, it goes on until it has looked at all tenants, from the first to the last.
    exit when v_run_ids is not null or not v_has_backlog or (v_after is null and v_is_whole);
    v_is_whole := v_is_whole or v_after is null;
  end loop;
  if p_lists then
    return public.candidates_of(p_context, v_run_ids);
  end if;
  return public.answer_of(p_context, p_tenant_id, jsonb_build_object('result', jsonb_build_object(
    'after', v_after,
    'dispatches', coalesce((
      select jsonb_agg(public.dispatch_of(claimed.id, v_now)) from unnest(v_run_ids) claimed (id)), '[]'))));
end $$;
