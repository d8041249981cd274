-- Starts runs that wait although the slot of their definition is free, in up to `p_limit` definitions. Every verb promotes
-- before it ends, so there should be none. This is the safety net: it mends what a restore or a manual change left behind.
--
-- Guarantees: safe beside every other verb. It passes over the definitions that somebody else holds.
--
-- Answers {"definitions": how many it looked at under their lock}.
create or replace function public.promote_waiting_runs(p_limit integer, p_grace_seconds integer) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_definition_ids uuid[];
begin
  -- 1. Lock the definitions. `waiting` hops from one definition that has a PENDING run to the next.
  with recursive waiting (id) as (
    (select r.workflow_definition_id from public.workflow_runs r where r.status = 'PENDING'
      order by r.workflow_definition_id limit 1)
    union all
    select (
      select r.workflow_definition_id from public.workflow_runs r
      where r.status = 'PENDING' and r.workflow_definition_id > waiting.id
      order by r.workflow_definition_id limit 1)
    from waiting
    where waiting.id is not null
  ), locked as (
    select d.id
    from (
      select d.id
      from waiting
      join public.workflow_definitions d on d.id = waiting.id and d.is_active and d.runner_url is not null
      where not exists (
        select from public.workflow_runs holder
        where holder.workflow_definition_id = waiting.id and holder.status = 'RUNNING')
      limit p_limit
    ) free
    join public.workflow_definitions d on d.id = free.id
    for update of d skip locked
  )
  select array_agg(id) into v_definition_ids from locked;

  -- 2. Start who is next.
  perform public.promote_next_runs(v_definition_ids, clock_timestamp(), p_grace_seconds, 0);
  return jsonb_build_object('definitions', coalesce(cardinality(v_definition_ids), 0));
end $$;
