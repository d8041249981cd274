-- Fails up to `p_limit` overdue runs (more when some of them lost their lease, and others have expired), the longest overdue first, with
-- an event for each, and starts the next runs of their queues. The dispatches of these are due at once, and the sweep sends
-- them. `p_in_turn` is for a backlog: it goes from tenant to tenant, from `p_after` on (see `next_in_round`), so that one tenant's backlog
-- does not delay the others.
--
-- Guarantees: safe to run concurrently with itself and with any other verb. Definitions that another transaction has locked are
-- skipped, since that transaction ends their overdue runs itself. So two of these calls at the same time share the work.
--
-- For `p_only` and `p_lists` see shared/rules/set_aside.sql.
--
-- Answers {"result": {"lags_ms": [how late each run was ended, in milliseconds], "locked": how many definitions it has locked, "after": the
-- position from which the next call goes on}}. When it locked none, no run is overdue, except those of definitions that others have
-- locked. Then there is no "after", and the next call begins anew.
create or replace function public.time_out_overdue_runs(
  p_context jsonb, p_limit integer, p_in_turn boolean, p_after uuid default null,
  p_only uuid[] default null, p_lists boolean default false
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- How many tenants share the limit of a call, at most. Finding more of them would take longer.
  c_tenants constant integer := 625;
  -- Only for finding what to lock. What is done is judged at `v_now`, which is read after the last lock.
  v_found_at constant timestamptz := clock_timestamp();
  v_except constant uuid[] := public.set_aside_by('ends');
  v_now timestamptz;
  v_after uuid;
  v_tenant_ids uuid[];
  v_definition_ids uuid[];
  v_ended jsonb;
  v_changed jsonb;
begin
  -- 1. Lock the definitions of overdue runs, which hold slots or have expired. The limit is applied after the locks: those that another call has
  --    locked do not count.
  if p_in_turn then
    select next.ids, next.after into v_tenant_ids, v_after from public.next_in_round('ends', p_after, v_found_at, least(c_tenants, p_limit)) next;
    with chosen as (
      select overdue.workflow_definition_id, overdue.ends_at,
        row_number() over (partition by tenant.id order by overdue.ends_at) as round
      from unnest(v_tenant_ids) tenant (id)
      -- Twice the share, since another call may have locked as many.
      cross join lateral public.overdue_runs(
        tenant.id, v_found_at, greatest(2 * p_limit / cardinality(v_tenant_ids), 1), v_except) overdue
    ), locked as (
      select d.id
      from (select * from chosen order by round, ends_at) next
      cross join lateral (
        select d.id from public.workflow_definitions d
        where d.id = next.workflow_definition_id and public.takes(d.id, p_only, v_except)
        for update skip locked
      ) d
      limit p_limit
    )
    select array_agg(distinct id) into v_definition_ids from locked;
  end if;
  -- Up to the limit, also lock the definitions of the longest overdue runs of any tenant.
  with locked as (
    (
      select d.id
      from (
        select r.workflow_definition_id
        from public.workflow_runs r
        where r.status = 'RUNNING' and r.deadline_at <= v_found_at
        order by r.deadline_at
      ) next
      cross join lateral (
        select d.id from public.workflow_definitions d
        where d.id = next.workflow_definition_id and public.takes(d.id, p_only, v_except)
        for update skip locked
      ) d
      limit p_limit - coalesce(cardinality(v_definition_ids), 0)
    )
    union all
    (
      select d.id
      from (select a.run_id from public.running_attempts a where a.ends_at <= v_found_at order by a.ends_at) a
      cross join lateral (
        select r.workflow_definition_id from public.workflow_runs r
        where r.id = a.run_id and r.status = 'RUNNING'
        limit 1
      ) next
      cross join lateral (
        select d.id from public.workflow_definitions d
        where d.id = next.workflow_definition_id and public.takes(d.id, p_only, v_except)
        for update skip locked
      ) d
      limit p_limit - coalesce(cardinality(v_definition_ids), 0)
    )
    union all
    (
      select d.id
      from (
        select r.workflow_definition_id
        from public.workflow_runs r
        where public.is_expired(r, v_found_at) and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
        order by least(r.not_before, r.deadline_at)
      ) next
      cross join lateral (
        select d.id from public.workflow_definitions d
        where d.id = next.workflow_definition_id and public.takes(d.id, p_only, v_except)
        for update skip locked
      ) d
      limit p_limit - coalesce(cardinality(v_definition_ids), 0)
    )
    union all
    select unnest(v_definition_ids)
  )
  -- A run may have both reached its deadline and lost its lease.
  select array_agg(distinct id) into v_definition_ids from locked;
  if p_lists then
    return public.candidates_of(p_context, v_definition_ids);
  end if;
  if v_definition_ids is null then
    return public.answer_with(p_context, null, '{"result": {"lags_ms": [], "locked": 0}}', null);
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue runs, and promote the next ones.
  v_ended := public.end_overdue_runs(v_definition_ids, v_now);
  v_changed := coalesce(v_ended -> 'runs', '[]')
    || coalesce(public.promote_next_runs(p_context, v_definition_ids, v_now), '[]');
  return public.answer_with(p_context, null, jsonb_build_object('result', jsonb_build_object(
    'lags_ms', v_ended -> 'lags_ms', 'locked', cardinality(v_definition_ids), 'after', v_after)), v_changed);
end $$;
