-- Triggers that fire after another run. The transaction that ends a run for good inserts a due firing for each of them (`note_ends`), and
-- `fire_due` handles it later, under the lock of the trigger's definition. What the new run gets is frozen with the due firing, so it does
-- not matter what becomes of the run that has ended.
--
-- Whoever ends a run holds the lock of its definition. It reads triggers of other definitions and inserts rows, but locks nothing else,
-- so it never waits for a transaction that may be waiting for it.

-- Inserts the due firings for runs that have ended just now: those that are still COMPLETED or FAILED after the retries of their policies.
create or replace function public.note_ends(p_run_ids uuid[], p_definition_ids uuid[], p_now timestamptz) returns void
language plpgsql as $$
declare
  -- As for the input of an invoke.
  c_max_input_bytes constant integer := 32768;
begin
  insert into public.due_firings (tenant_id, trigger_id, due_at, run_id, attempt, depth, first_run_id, reason, input, labels)
  select fired.tenant_id, fired.trigger_id, p_now, fired.run_id, fired.attempt, fired.depth, fired.first_run_id,
    case
      when fired.is_paused then 'paused'
      when octet_length(fired.input::text) > c_max_input_bytes then 'input_too_large'
    end,
    case when octet_length(fired.input::text) <= c_max_input_bytes then fired.input end,
    public.labels_passed_on(fired.labels, fired.run_id)
  from (
    select t.tenant_id, t.id as trigger_id, r.id as run_id, r.attempt, r.completed_at, t.labels, t.paused_at is not null as is_paused,
      public.depth_of(r) + 1 as depth,
      public.first_run_of(r) as first_run_id,
      case t.config ->> 'input_from'
        when 'output' then case when json_typeof(r.output) = 'object' then r.output end
        when 'run' then json_build_object('id', r.id, 'status', r.status, 'output', r.output, 'error', r.error)
        else t.input
      end as input
    from public.triggers t
    join public.workflow_runs r on r.workflow_definition_id = t.of_definition_id and r.tenant_id = t.tenant_id
    where t.of_definition_id = any (p_definition_ids) and r.id = any (p_run_ids)
      and case t.config ->> 'on' when 'ended' then r.status in ('COMPLETED', 'FAILED') else r.status = upper(t.config ->> 'on') end
  ) fired
  order by fired.completed_at, fired.run_id, fired.trigger_id;
end $$;

-- The run with which the chain of a run begins; what follows from it is limited: see `end_obstacle`. A run that was triggered after the end of
-- another one has it in `triggered_by`. A child has that of its parent. When the parent was deleted, the chain begins with the parent's id.
create or replace function public.first_run_of(r public.workflow_runs) returns uuid
language plpgsql stable as $$
begin
  if r.parent_run_id is null then
    return coalesce((r.triggered_by ->> 'first_run_id')::uuid, r.id);
  end if;
  return (
    with recursive chain as (
      select r.id, r.parent_run_id, null::text as first_run_id
      union all
      select chain.parent_run_id, parent.parent_run_id, parent.triggered_by ->> 'first_run_id'
      from chain
      left join public.workflow_runs parent on parent.id = chain.parent_run_id and parent.tenant_id = r.tenant_id
      where chain.parent_run_id is not null
    )
    select coalesce(chain.first_run_id::uuid, chain.id) from chain where chain.parent_run_id is null);
end $$;

-- Locks what has followed from a run until the transaction ends, so that two transactions do not count it at the same time. False when
-- another transaction holds the lock: nobody waits for it, since whoever calls this holds the locks of definitions.
create or replace function public.lock_descendants(p_first_run_id uuid) returns boolean
language plpgsql as $$
begin
  return p_first_run_id is null or pg_try_advisory_xact_lock(hashtextextended('runs after ' || p_first_run_id, 0));
end $$;
