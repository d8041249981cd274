-- Of which definitions a runner gets a run when it asks.

-- Locks the definitions of a tenant from which a run can be leased now, up to `p_limit`, and only those that both lists contain (null
-- stands for all), and whose tags the runner has. Returns the run of each that is next, or null. First comes the one whose queue begins with
-- the run that has waited longest, whatever its priority.
--
-- Its cost depends on how many definitions have work, and not on how many are leased:
-- 1. Most tenants have few definitions whose runs are leased (`c_few`), and a session or a key that names its definitions has at most 50 of
--    them: these are taken as they are. Otherwise, it jumps in an index from one definition with PENDING runs to the next.
-- 2. When more than `c_most_jumps` have PENDING runs, it reads the definitions whose runs are leased, which then is cheaper.
-- 3. It sorts them by the tickets of the first runs of their queues, and asks for the next run of one after the other until it has enough.
--
-- Closes the race between two leases: of one definition, the other may have taken the only run. So it passes over a definition that is
-- locked, and judges again what it has locked, since another may have committed just before. Only when it has found nothing else does it
-- wait for those that were locked, in the order of their ids, and takes what is left of them. So nobody is answered that there is no work
-- while there is. (It does not wait for an id below one that it holds. Whoever has that lock tells the waiting runners of what is left.)
create or replace function public.lock_definitions_to_lease(
  p_tenant_id uuid, p_session_ids uuid[], p_key_ids uuid[], p_limit integer, p_tags text[]
) returns uuid[]
language plpgsql as $$
declare
  c_few constant integer := 5;
  c_most_jumps constant integer := 100;
  c_most_passed constant integer := 100;
  v_ids uuid[] := coalesce(p_session_ids, p_key_ids);
  -- What is leased is judged again, when the last lock is held.
  v_found_at timestamptz := clock_timestamp();
  v_id uuid;
  v_takes_turns boolean;
  v_leases_runs boolean;
  v_run_id uuid;
  v_run_ids uuid[];
  v_passed_ids uuid[];
  v_highest_id uuid;
begin
  if v_ids is null then
    v_ids := array(
      select d.id from public.workflow_definitions d where d.tenant_id = p_tenant_id and d.handover = 'lease' limit c_few + 1);
    if cardinality(v_ids) > c_few then
      v_ids := public.definitions_with_pending_runs(p_tenant_id, c_most_jumps + 1);
      if cardinality(v_ids) > c_most_jumps then
        v_ids := null;
      end if;
    end if;
  end if;
  for v_id, v_takes_turns in
    select ordered.id, ordered.takes_turns
    from (
      select d.id, d.max_running, d.max_running_per_key is not null as takes_turns, d.runner_tags
      from (
        select d.id, d.max_running, d.max_running_per_key, d.is_active, d.runner_url, d.handover, d.runner_tags
        from public.workflow_definitions d
        where v_ids is null and d.tenant_id = p_tenant_id and d.handover = 'lease'
        union all
        select d.id, d.max_running, d.max_running_per_key, d.is_active, d.runner_url, d.handover, d.runner_tags
        from unnest(v_ids) named (id)
        cross join lateral (
          select d.* from public.workflow_definitions d where d.id = named.id and d.tenant_id = p_tenant_id limit 1) d
      ) d
      cross join lateral (
        select r.queue_position
        from public.workflow_runs r
        where r.workflow_definition_id = d.id and r.status = 'PENDING'
        order by r.queue_position
        limit 1
      ) first
      where public.leases_runs(d.is_active, d.runner_url, d.handover)
        and public.covers_definition(p_session_ids, d.id) and public.covers_definition(p_key_ids, d.id)
        -- Nothing is in the queue of a definition whose first run has no place there. Then a run may have joined it by time.
        and (first.queue_position is not null or public.joins_behind(d.id, v_found_at) is not null)
      order by public.ticket_of(first.queue_position)
      offset 0 -- keeps the planner from comparing the tags, and asking for the slots, of all
    ) ordered
    where ordered.runner_tags <@ p_tags
    -- Most of very many may have no free slot, and this finds it out sooner than `next_leasable_run`.
      and ordered.max_running > (select count(*) from public.held_slots(ordered.id, v_found_at))
  loop
    -- Where keys take turns, all that wait may be of keys without a free slot. Otherwise, a free slot is nearly always enough.
    if v_takes_turns then
      continue when not exists (select from public.next_leasable_run(v_id, v_found_at));
    end if;
    select public.leases_runs(d.is_active, d.runner_url, d.handover) and d.runner_tags <@ p_tags into v_leases_runs
    from public.workflow_definitions d
    where d.id = v_id
    for update skip locked;
    if not found then
      v_passed_ids := v_passed_ids || v_id;
    else
      v_run_id := case when v_leases_runs then public.next_run(v_id, v_found_at, v_found_at) end;
      if v_run_id is not null then
        v_run_ids := v_run_ids || v_run_id;
      else
        v_highest_id := greatest(v_highest_id, v_id);
      end if;
    end if;
    exit when cardinality(v_run_ids) >= p_limit or cardinality(v_passed_ids) >= c_most_passed;
  end loop;
  if v_run_ids is null and v_passed_ids is not null then
    with waited as (
      select d.id, d.runner_tags
      from public.workflow_definitions d
      where d.id = any (v_passed_ids) and (v_highest_id is null or d.id > v_highest_id)
      order by d.id
      for update
    )
    select array_agg(waited.id) into v_passed_ids from waited where waited.runner_tags <@ p_tags;
    v_found_at := clock_timestamp();
    select array_agg(waited.id) into v_run_ids
    from (
      select first.id
      from unnest(v_passed_ids) passed (id)
      cross join lateral public.next_leasable_run(passed.id, v_found_at) first
      order by first.ticket
      limit p_limit
    ) waited;
  end if;
  return v_run_ids;
end $$;

-- The definitions of a tenant that have PENDING runs, up to `p_limit`. Null when the index is not there by which it jumps from one to the
-- next: it is built after the functions were updated, and until then each jump would read all PENDING runs of the tenant.
create or replace function public.definitions_with_pending_runs(p_tenant_id uuid, p_limit integer) returns uuid[]
language plpgsql stable as $$
begin
  if not exists (
    select from pg_index i where i.indexrelid = to_regclass('public.workflow_runs_tenant_queue_index') and i.indisvalid) then
    return null;
  end if;
  return array(
    with recursive waiting (id) as (
      (select r.workflow_definition_id from public.workflow_runs r where r.tenant_id = p_tenant_id and r.status = 'PENDING'
        order by r.workflow_definition_id limit 1)
      union all
      select (
        select r.workflow_definition_id from public.workflow_runs r
        where r.tenant_id = p_tenant_id and r.status = 'PENDING' and r.workflow_definition_id > waiting.id
        order by r.workflow_definition_id limit 1)
      from waiting
      where waiting.id is not null
    )
    select waiting.id from waiting where waiting.id is not null limit p_limit);
end $$;
