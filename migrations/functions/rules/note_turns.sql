-- Turns: an end of a run that differs from the end before it, of any run of its definition.
--   first_failure  it FAILED, and the one before it has not, or there was none
--   works_again    it COMPLETED, and the one before it has FAILED
-- An attempt that its policy retries has not ended for good, so it is no end here. How the last run has ended stands in the definition's
-- `last_end`: a run may be deleted or retried afterwards.

-- Notes how runs of locked definitions have ended, those that are still COMPLETED or FAILED after the retries of their policies, and
-- inserts the notifications of turns. Of runs that end at once, the first one is the turn. Called in the transaction that ends them.
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

-- True when an endpoint with these filters would wait for a turn in vain, since it does not hear of the event that would be it.
create or replace function public.has_turn_in_vain(p_turns text[], p_event_types text[]) returns boolean
language sql immutable as $$
  select coalesce('first_failure' = any (p_turns) and 'workflow_run.failed' <> all (p_event_types)
    or 'works_again' = any (p_turns) and 'workflow_run.completed' <> all (p_event_types), false)
$$;
