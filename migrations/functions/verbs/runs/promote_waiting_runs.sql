-- Starts PENDING runs of up to `p_limit` definitions that have a free slot, lets runs join their queues whose instant has come, and ends
-- runs that are still to be superseded.
-- Every verb promotes before it ends, so normally the only such runs are those whose instant to join has come. After a restore of
-- the database or a manual change there may be others. It also finds the runs that wait for a runner to lease them, in case a
-- Worker died before it told the waiting runners.
--
-- The tenants with PENDING runs take turns, from the position `p_after` on: see `turns`. Up to the limit, it also takes what has been due
-- longest, of any tenant: runs that join their queues, and runs to be superseded. What is due by no instant is found when it is the
-- tenant's turn: up to `p_limit` tenants have theirs in a call. A run that waits for a runner may wait longer than until the next sweep. So
-- which definitions of a tenant with very many are told of is left to chance, and each is told of by some sweep.
--
-- Guarantees: safe to run concurrently with any other verb. Definitions that another transaction has locked are skipped.
--
-- Answers {"result": {"definitions": how many definitions it locked, "has_due_stops": see `has_due_stops`, "after": the position from
-- which the next call goes on, "has_more": it has found something to do, and has not looked at all tenants or not done all of it}}.
create or replace function public.promote_waiting_runs(p_context jsonb, p_limit integer, p_after uuid default null) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_since constant bigint := public.last_event_id();
  -- Only for finding what to lock. What is done is judged at `v_now`, which is read after the last lock.
  v_found_at constant timestamptz := clock_timestamp();
  v_now timestamptz;
  v_after uuid;
  v_tenant_ids uuid[];
  v_share integer;
  v_waiting_ids uuid[];
  v_definition_ids uuid[];
begin
  -- 1. Find the definitions with PENDING runs of the tenants whose turn it is. `waiting` uses the index to jump from one to the next.
  select turn.ids, turn.after into v_tenant_ids, v_after from public.turns('waiting', p_after, v_found_at, p_limit) turn;
  v_share := greatest(p_limit / cardinality(v_tenant_ids), 1);
  with recursive waiting (tenant_id, id) as (
    select tenant.id, '00000000-0000-0000-0000-000000000000'::uuid from unnest(v_tenant_ids) tenant (id)
    union all
    select waiting.tenant_id, next.id
    from waiting
    cross join lateral (
      select r.workflow_definition_id as id from public.workflow_runs r
      where r.status = 'PENDING' and r.tenant_id = waiting.tenant_id and r.workflow_definition_id > waiting.id
      order by r.tenant_id, r.workflow_definition_id
      limit 1
    ) next
  )
  select array_agg(waiting.id) into v_waiting_ids
  from waiting
  where waiting.id <> '00000000-0000-0000-0000-000000000000';

  -- 2. Lock those of which something is promoted, and those with runs that join their queue or are still to be superseded.
  with found as (
    select tenant.id as tenant_id, due.id
    from unnest(v_tenant_ids) tenant (id)
    cross join lateral (
      (
        select r.workflow_definition_id as id
        from public.workflow_runs r
        where r.tenant_id = tenant.id and r.status = 'PENDING' and least(r.not_before, r.deadline_at) <= v_found_at
        order by least(r.not_before, r.deadline_at)
        limit v_share
      )
      union
      (select s.workflow_definition_id from public.supersessions s where s.tenant_id = tenant.id limit v_share)
    ) due
    union
    select d.tenant_id, d.id
    from unnest(v_waiting_ids) waiting (id)
    join public.workflow_definitions d on d.id = waiting.id
      and public.starts_runs(d.is_active, d.runner_url, d.handover)
    -- Most definitions have one slot, and it is held. That is checked first, since it is cheap.
    where case
      when d.max_running = 1 and exists (
        select from public.workflow_runs holder
        where holder.workflow_definition_id = waiting.id and holder.status = 'RUNNING') then false
      else public.next_run(waiting.id, v_found_at) is not null
    end
  ), locked as (
    select d.id
    from (
      (
        select in_turn.id
        from (select found.id, row_number() over (partition by found.tenant_id) as turn from found) in_turn
        order by in_turn.turn
        limit p_limit
      )
      union
      (
        select oldest.id
        from (
          select r.workflow_definition_id as id
          from public.workflow_runs r
          where r.status = 'PENDING' and least(r.not_before, r.deadline_at) <= v_found_at
          order by least(r.not_before, r.deadline_at)
          limit p_limit
        ) oldest
        union
        (select s.workflow_definition_id from public.supersessions s limit p_limit)
        limit p_limit
      )
    ) next
    cross join lateral (
      select d.id from public.workflow_definitions d where d.id = next.id for update skip locked
    ) d
  )
  select array_agg(id) into v_definition_ids from locked;

  v_now := clock_timestamp();

  -- 3. Promote the next runs, and those that join now.
  perform public.end_overdue_runs(v_definition_ids, v_now);
  perform public.promote_next_runs(p_context, v_definition_ids, v_now);

  -- 4. Find the runs that wait for a runner.
  return public.answer_of(p_context, v_since, null,
    jsonb_build_object('result', jsonb_build_object(
      'definitions', coalesce(cardinality(v_definition_ids), 0), 'has_due_stops', public.has_due_stops(null, v_now),
      'after', v_after,
      'has_more', v_definition_ids is not null and (v_after is not null or cardinality(v_definition_ids) >= p_limit) or exists (
        select
        from unnest(v_definition_ids) locked (id)
        where exists (select from public.joining_runs(locked.id, v_now))
          or exists (select from public.supersessions s where s.workflow_definition_id = locked.id)))),
    jsonb_build_object('definition_ids', (
      select coalesce(jsonb_agg(leasable.id), '[]')
      from (
        select leased.id
        from (
          select d.tenant_id, d.id, row_number() over (partition by d.tenant_id order by random()) as turn
          from (select unnest(v_waiting_ids) union select unnest(v_definition_ids)) waiting (id)
          join public.workflow_definitions d on d.id = waiting.id and d.handover = 'lease'
          order by turn
        ) leased
        where public.count_leasable(leased.id, v_now) > 0
          and exists (
            select from public.runner_sessions s
            where s.tenant_id = leased.tenant_id and s.expires_at > v_now)
        limit p_limit
      ) leasable)));
end $$;
