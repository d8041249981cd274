-- Starts PENDING runs of up to `p_limit` definitions whose slot is free. Every verb promotes before it ends, so normally there
-- are none. After a restore of the database or a manual change there may be some.
--
-- Guarantees: safe at the same time as any other verb. Definitions that another transaction has locked are skipped.
--
-- Answers {"definitions": how many definitions it locked}.
create or replace function public.promote_waiting_runs(p_limit integer, p_grace_seconds integer) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_definition_ids uuid[];
begin
  -- 1. Lock the definitions. `waiting` goes from one definition with a PENDING run to the next by the index.
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
      join public.workflow_definitions d on d.id = waiting.id and d.is_active
        and d.runner_url is not null and d.handover = 'webhook'
      where not exists (
        select from public.workflow_runs holder
        where holder.workflow_definition_id = waiting.id and holder.status = 'RUNNING')
      limit p_limit
    ) free
    join public.workflow_definitions d on d.id = free.id
    for update of d skip locked
  )
  select array_agg(id) into v_definition_ids from locked;

  -- 2. Promote the next runs.
  perform public.promote_next_runs(v_definition_ids, clock_timestamp(), p_grace_seconds, 0);
  return jsonb_build_object('definitions', coalesce(cardinality(v_definition_ids), 0));
end $$;
