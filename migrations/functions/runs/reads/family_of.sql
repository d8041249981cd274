-- The family of a run, of those runs that a user may see: one row for each, first those above it, then those below it level by level. No row
-- when the user may not see the run.
--   of_run_id  its parent
--   key        its key among the children of its parent; null for a run that no other run has triggered
--   is_live    see `run_children`
--   level      0 for the run itself, -1 for its parent, -2 for the parent of that, 1 for its children, 2 for theirs
--   siblings   in the first row of the children of a run: how many of them are in each state, {"FAILED", "RUNNING", "SUSPENDED", "PENDING",
--              "COMPLETED"}. Below the run's own children, the first 50 of each are counted
--
-- Of the run's own children there are those 50 that matter most (see `children_seen`), and below them 10 of each, 150 altogether.
create or replace function public.family_of(p_role text, p_tenant_id uuid, p_user_id uuid, p_run_id uuid)
returns table (run_id uuid, of_run_id uuid, key text, is_live boolean, level integer, siblings jsonb)
language plpgsql stable as $$
declare
  c_deepest constant integer := 10;
  c_most_below constant integer := 150;
  v_now constant timestamptz := statement_timestamp();
  v_parent_ids uuid[] := array[p_run_id];
  v_child_ids uuid[];
  v_left integer := c_most_below;
begin
  return query
    with recursive chain (id, of_id, level) as (
      select null::uuid, p_run_id, 1
      union all
      select r.id, r.parent_run_id, chain.level - 1
      from chain
      join public.workflow_runs r on r.id = chain.of_id
      where r.tenant_id = p_tenant_id and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
        and public.may_see_run(p_role, p_tenant_id, p_user_id, r.user_id, r.workflow_definition_id)
    )
    select chain.id, chain.of_id, c.key, c.is_live, chain.level, null::jsonb
    from chain
    left join public.run_children c on c.run_id = chain.id
    where chain.id is not null
    order by chain.level;
  if not found then
    return;
  end if;

  for v_level in 1..c_deepest loop
    v_child_ids := '{}';
    for run_id, of_run_id, key, is_live, level, siblings in
      select child.id, parent.id, child.key, child.is_live, v_level, child.siblings
      from unnest(v_parent_ids) parent (id)
      cross join lateral (
        select c.id, c.key, c.is_live, case when row_number() over (order by c.place, c.id) = 1 then jsonb_build_object(
          'FAILED', count(*) filter (where c.state = 'FAILED') over (), 'RUNNING', count(*) filter (where c.state = 'RUNNING') over (),
          'SUSPENDED', count(*) filter (where c.state = 'SUSPENDED') over (), 'PENDING', count(*) filter (where c.state = 'PENDING') over (),
          'COMPLETED', count(*) filter (where c.state = 'COMPLETED') over ()) end as siblings
        from public.children_seen(p_role, p_tenant_id, p_user_id, parent.id, case when v_level = 1 then 1000 else 50 end, v_now) c
        order by c.place, c.id
        limit case when v_level = 1 then 50 else 10 end
      ) child
      limit case when v_level = 1 then 50 else v_left end
    loop
      v_child_ids := v_child_ids || run_id;
      return next;
    end loop;
    if v_level > 1 then
      v_left := v_left - cardinality(v_child_ids);
    end if;
    exit when v_child_ids = '{}' or v_left = 0;
    v_parent_ids := v_child_ids;
  end loop;
end $$;

-- Of the first `p_limit` children of a run those that a user may see. `state` is the status that readers see, or SUSPENDED. `place` says
-- which matter most: those that have failed, then those that go on, and last those that were triggered anew (`is_live` is false).
create or replace function public.children_seen(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_parent_id uuid, p_limit integer, p_now timestamptz
) returns table (id uuid, key text, is_live boolean, state text, place integer)
language plpgsql stable as $$
begin
  return query
    select r.id, c.key, c.is_live, shown.state,
      case when c.is_live then array_position('{FAILED,RUNNING,SUSPENDED,PENDING,COMPLETED}', shown.state) else 6 end
    from (
      select first.run_id, first.key, first.is_live
      from public.run_children first
      where first.parent_run_id = p_parent_id
      order by first.run_id
      limit p_limit
    ) c
    join public.workflow_runs r on r.id = c.run_id
    cross join lateral public.run_as_seen(r, p_now) seen
    cross join lateral (
      select case when public.is_suspended(seen.status, r.suspended_at, r.not_before, p_now) then 'SUSPENDED' else seen.status end as state
    ) shown
    where r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
      and public.may_see_run(p_role, p_tenant_id, p_user_id, r.user_id, r.workflow_definition_id);
end $$;
