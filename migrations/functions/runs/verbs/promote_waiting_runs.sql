-- Starts PENDING runs of up to `p_limit` definitions that have a free slot. Of as many definitions it lets runs join their queues, fails
-- those that have expired, and ends runs that are still to be superseded.
-- Every verb promotes before it ends, so normally the only such runs are those whose instant to join has come. After a restore of
-- the database or a manual change there may be others. It also finds the runs that wait for a runner to lease them, in case a
-- Worker died before it told the waiting runners.
--
-- It takes one definition of each tenant, then a second one, and so on. So a tenant with very many definitions does not keep those of others
-- from being found. Of such a tenant, chance decides which definitions with work for runners are told of, and each is told of by some sweep.
--
-- Guarantees: safe to run concurrently with any other verb. Definitions that another transaction has locked are skipped.
--
-- For `p_only` and `p_lists` see shared/rules/set_aside.sql.
--
-- Answers {"result": {"definitions": how many definitions it locked, "has_due_stops": see `has_due_stops`, "has_more": see
-- `has_more_by_time`}}.
create or replace function public.promote_waiting_runs(
  p_context jsonb, p_limit integer, p_only uuid[] default null, p_lists boolean default false
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- Only for finding what to lock. What is done is judged at `v_now`, which is read after the last lock.
  v_found_at constant timestamptz := clock_timestamp();
  v_except constant uuid[] := public.set_aside_by('promotions');
  v_now timestamptz;
  v_changed jsonb;
  v_waiting_ids uuid[];
  v_definition_ids uuid[];
begin
  -- 1. Find the definitions with runs in their queues. `waiting` uses the index to jump from one to the next. Those that have only delayed or
  --    suspended runs are left out.
  with recursive waiting (id) as (
    (select r.workflow_definition_id from public.workflow_runs r where r.status = 'PENDING' and r.queue_position is not null
      order by r.workflow_definition_id limit 1)
    union all
    select (
      select r.workflow_definition_id from public.workflow_runs r
      where r.status = 'PENDING' and r.queue_position is not null and r.workflow_definition_id > waiting.id
      order by r.workflow_definition_id limit 1)
    from waiting
    where waiting.id is not null
  )
  select array_agg(waiting.id) into v_waiting_ids from waiting
  where waiting.id is not null and public.takes(waiting.id, p_only, v_except);

  -- 2. Lock those of which something is promoted, and those with runs that join their queue or are still to be superseded.
  with locked as (
    select d.id
    from (
      (
        select r.workflow_definition_id as id
        from public.workflow_runs r
        where public.joins_or_expires(r, v_found_at) and public.takes(r.workflow_definition_id, p_only, v_except)
          and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
        order by least(r.not_before, r.deadline_at)
        limit p_limit
      )
      union
      (
        select s.workflow_definition_id from public.supersessions s
        where public.takes(s.workflow_definition_id, p_only, v_except)
        limit p_limit
      )
      union
      (
        select startable.id
        from (
          select d.id, row_number() over (partition by d.tenant_id) as round
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
        ) startable
        order by startable.round
        limit p_limit
      )
    ) next
    cross join lateral (
      select d.id from public.workflow_definitions d where d.id = next.id for update skip locked
    ) d
  )
  select array_agg(id) into v_definition_ids from locked;
  if p_lists then
    -- Step 4 examines those that wait, also when none of their runs can start.
    return public.candidates_of(p_context, array(select unnest(v_waiting_ids) union select unnest(v_definition_ids)));
  end if;

  v_now := clock_timestamp();

  -- 3. Promote the next runs, and those that join now.
  v_changed := coalesce(public.end_overdue_runs(v_definition_ids, v_now) -> 'runs', '[]')
    || coalesce(public.promote_next_runs(p_context, v_definition_ids, v_now), '[]');

  -- 4. Find the runs that wait for a runner.
  return public.answer_with(p_context, null,
    jsonb_build_object('result', jsonb_build_object(
      'definitions', coalesce(cardinality(v_definition_ids), 0), 'has_due_stops', public.has_due_stops(null, v_now),
      'has_more', public.has_more_by_time(v_definition_ids, v_now))),
    v_changed,
    jsonb_build_object('definition_ids', (
      select coalesce(jsonb_agg(leasable.id), '[]')
      from (
        select leased.id
        from (
          select d.tenant_id, d.id, d.is_active, d.runner_url, d.handover, row_number() over (partition by d.tenant_id order by random()) as round
          from (select unnest(v_waiting_ids) union select unnest(v_definition_ids)) waiting (id)
          join public.workflow_definitions d on d.id = waiting.id and d.handover = 'lease'
        ) leased
        where public.count_leasable(leased.id, leased.is_active, leased.runner_url, leased.handover, v_now) > 0
          and exists (
            select from public.runner_sessions s
            where s.tenant_id = leased.tenant_id and s.expires_at > v_now)
        order by leased.round
        limit p_limit
      ) leasable)));
end $$;
