-- Deletes what belongs to runs that were deleted, by whatever statement: the function of the trigger `workflow_runs_delete_events`. It sees
-- what all have written who held a run's lock before the run was deleted, since a statement in a trigger's function has a snapshot of its own.
create or replace function public.delete_events_of_runs() returns trigger
language plpgsql as $$
begin
  perform public.sum_deleted_ends(array_agg(deleted.id), array_agg(deleted.workflow_definition_id)) from deleted;
  delete from public.workflow_run_events e using deleted where e.run_id = deleted.id;
  delete from public.run_suspensions s using deleted where s.run_id = deleted.id;
  delete from public.run_waits w using deleted where w.run_id = deleted.id;
  delete from public.run_checkpoints c using deleted where c.run_id = deleted.id;
  -- What follows for parents and children: see `children.sql`. Of a run that had ended, it was noted then.
  insert into public.due_firings (tenant_id, parent_run_id, due_at, run_id, attempt, depth)
  select deleted.tenant_id, deleted.parent_run_id, clock_timestamp(), deleted.id, deleted.attempt, 0
  from deleted
  where deleted.parent_run_id is not null and deleted.status = 'PENDING'
  union all
  select deleted.tenant_id, deleted.id, clock_timestamp(), null, null, 0
  from deleted
  where deleted.status = 'PENDING' and public.has_children(deleted.id);
  delete from public.run_children c using deleted where c.run_id = deleted.id and deleted.parent_run_id is not null;
  -- It writes nothing for each child: there may be very many, and others may have locked their rows. The sweep does that: see `release_children`.
  insert into public.deleted_parents (id, tenant_id, deleted_at)
  select deleted.id, deleted.tenant_id, clock_timestamp() from deleted where public.has_children(deleted.id);
  return null;
end $$;
