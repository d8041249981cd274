-- The turns of a workflow: a run ends otherwise than the run of the same definition that ended before it.
--   first_failure  the run FAILED, and the one before it COMPLETED, or there was none
--   works_again    the run COMPLETED, and the one before it FAILED
-- Labels do not matter for what a turn is. An endpoint with labels is sent those turns whose run has its labels.
-- An attempt that the policy retries is not an end here. Nor is that of a run which somebody has stopped or which a newer run has superseded:
-- it says nothing about whether the workflow works. How the last run ended is kept in the definition's `last_end`, since that run may
-- be deleted or retried afterwards. It is null, as if no run had ended, until one ends while an endpoint of the tenant asks for turns:
-- most tenants have none, and so their ends need not change the definition. From then on it is kept, also when there is no endpoint any
-- more.

-- The endpoints of a tenant that ask for turns.
create or replace function public.endpoints_with_turns(p_tenant_id uuid) returns setof public.notification_endpoints
language sql stable as $$
  select e.* from public.notification_endpoints e where e.tenant_id = p_tenant_id and e.turns is not null
$$;

-- Records in `last_end` how runs of locked definitions have ended, and inserts the notifications of turns. Call it in the transaction that
-- ends the runs, after the policies have retried some of them: only runs that are still COMPLETED or FAILED by themselves count. When several runs of a
-- definition end at once, the first of them is the turn.
create or replace function public.note_turns(p_run_ids uuid[]) returns void
language plpgsql as $$
declare
  v_event_ids bigint[];
  v_turn text;
begin
  for v_turn, v_event_ids in
    with first as (
      select distinct on (d.id) d.id as definition_id, d.last_end, r.id, r.attempt, r.status
      from public.workflow_runs r
      join public.workflow_definitions d on d.id = r.workflow_definition_id
      where r.id = any (p_run_ids) and r.status in ('COMPLETED', 'FAILED') and d.last_end is distinct from r.status
        and (r.failure_code is null or r.failure_code not in ('STOPPED', 'SUPERSEDED'))
        and (d.last_end is not null or exists (select from public.endpoints_with_turns(d.tenant_id)))
      order by d.id, r.completed_at, r.id
    ), noted as (
      update public.workflow_definitions d set last_end = first.status from first where d.id = first.definition_id
    )
    select turned.turn, array_agg(turned.event_id)
    from (
      select event.id as event_id, case
          when first.status = 'FAILED' then 'first_failure' when first.last_end = 'FAILED' then 'works_again'
        end as turn
      from first
      join public.workflow_run_events event on event.run_id = first.id and event.attempt = first.attempt and public.is_end_event(event.type)
    ) turned
    where turned.turn is not null
    group by turned.turn
  loop
    perform public.insert_notifications(v_event_ids, v_turn);
  end loop;
end $$;
