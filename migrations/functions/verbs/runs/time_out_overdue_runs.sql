-- Fails up to `p_limit` overdue runs (more when some of them lost their lease, and others have expired), the longest overdue first, with
-- an event for each, and starts the next runs of their queues. The dispatches of these are due at once, and the sweep sends
-- them. `p_in_turn` is for a backlog: each tenant gets at most twice its share of the limit, so that one tenant's backlog does
-- not delay the others.
--
-- Guarantees: safe to run concurrently with itself and with any other verb. Definitions that another transaction has locked are
-- skipped, since that transaction ends their overdue runs itself. So two of these calls at the same time share the work.
--
-- Answers {"result": {"lags_ms": [how late each run was ended, in milliseconds], "locked": how many definitions it has locked}}. When it
-- locked none, no run is overdue, except those of definitions that others have locked. With `p_in_turn` there may be more of a
-- tenant than twice its share.
create or replace function public.time_out_overdue_runs(p_context jsonb, p_limit integer, p_in_turn boolean)
returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_since constant bigint := public.last_event_id();
  -- Only for finding what to lock. What is done is judged at `v_now`, which is read after the last lock.
  v_found_at constant timestamptz := clock_timestamp();
  v_now timestamptz;
  v_definition_ids uuid[];
  v_lags_ms float8[];
begin
  -- 1. Lock the definitions of overdue runs, which hold slots or have expired. The limit is applied after the locks: those that another call has
  --    locked do not count.
  if p_in_turn then
    -- `running` uses the index to jump from one tenant with a RUNNING run to the next: one look-up for each tenant instead of
    -- one for each run. `waiting` does the same for PENDING runs of which something is due by time.
    with recursive running (id) as (
      (select r.tenant_id from public.workflow_runs r where r.status = 'RUNNING' order by r.tenant_id limit 1)
      union all
      select (
        select r.tenant_id from public.workflow_runs r
        where r.status = 'RUNNING' and r.tenant_id > running.id
        order by r.tenant_id limit 1)
      from running
      where running.id is not null
    ), waiting (id) as (
      (select r.tenant_id from public.workflow_runs r
        where r.status = 'PENDING' and least(r.not_before, r.deadline_at) is not null
        order by r.tenant_id limit 1)
      union all
      select (
        select r.tenant_id from public.workflow_runs r
        where r.status = 'PENDING' and least(r.not_before, r.deadline_at) is not null and r.tenant_id > waiting.id
        order by r.tenant_id limit 1)
      from waiting
      where waiting.id is not null
    ), overdue_tenant as (
      select tenant.id
      from (select running.id from running union select waiting.id from waiting) tenant
      where exists (select from public.overdue_runs(tenant.id, v_found_at, 1))
    ), chosen as (
      select overdue.workflow_definition_id, overdue.ends_at,
        row_number() over (partition by overdue_tenant.id order by overdue.ends_at) as turn
      from overdue_tenant
      cross join lateral public.overdue_runs(overdue_tenant.id, v_found_at,
        -- Twice the share, since another call may have locked as many.
        (select greatest(2 * p_limit / nullif(count(*), 0), 1) from overdue_tenant)) overdue
    ), locked as (
      select d.id
      from (select * from chosen order by turn, ends_at) next
      cross join lateral (
        select d.id from public.workflow_definitions d where d.id = next.workflow_definition_id for update skip locked
      ) d
      limit p_limit
    )
    select array_agg(distinct id) into v_definition_ids from locked;
  else
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
          select d.id from public.workflow_definitions d where d.id = next.workflow_definition_id for update skip locked
        ) d
        limit p_limit
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
          select d.id from public.workflow_definitions d where d.id = next.workflow_definition_id for update skip locked
        ) d
        limit p_limit
      )
      union all
      (
        select d.id
        from (
          select r.workflow_definition_id
          from public.workflow_runs r
          where r.status = 'PENDING' and least(r.not_before, r.deadline_at) <= v_found_at and r.deadline_at <= v_found_at
          order by least(r.not_before, r.deadline_at)
        ) next
        cross join lateral (
          select d.id from public.workflow_definitions d where d.id = next.workflow_definition_id for update skip locked
        ) d
        limit p_limit
      )
    )
    -- A run may have both reached its deadline and lost its lease.
    select array_agg(distinct id) into v_definition_ids from locked;
  end if;
  if v_definition_ids is null then
    return public.answer_of(p_context, v_since, null, '{"result": {"lags_ms": [], "locked": 0}}');
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue runs, and promote the next ones.
  v_lags_ms := public.end_overdue_runs(v_definition_ids, v_now);
  perform public.promote_next_runs(p_context, v_definition_ids, v_now);
  return public.answer_of(p_context, v_since, null, jsonb_build_object('result', jsonb_build_object(
    'lags_ms', v_lags_ms, 'locked', cardinality(v_definition_ids))));
end $$;
