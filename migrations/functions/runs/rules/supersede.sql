-- Superseding all runs of a group that wait (`make_room`), in bounded steps. There may be very many of them: after a change of the policy,
-- after batches, after retries. One call ends up to `most_superseded`. For the others there is a row in `supersessions`:
-- - As long as it exists, no run of its group starts (`superseded_groups`). So none of the others can start, and the new run starts
--   after all of them have ended.
-- - Every verb on the definition, and the sweep, to which it is due at once, ends the next ones (`supersede_next`). The last step
--   deletes the row.
-- - What is triggered, put back or delayed until after the row was inserted is not superseded.

-- How many runs one call supersedes: their locks are held for a tenth of a second or two.
create or replace function public.most_superseded() returns integer
language sql immutable as $$
  select 500
$$;

-- The error of a run in whose place another one waits.
create or replace function public.superseded_error(p_run_id uuid) returns text
language sql immutable as $$
  select 'Superseded by run ' || p_run_id || '.'
$$;

-- True for a run of the group of a supersession that waited when it began, and still does.
create or replace function public.is_superseded_by(r public.workflow_runs, s public.supersessions) returns boolean
language sql immutable as $$
  select r.status = 'PENDING' and r.id <> s.run_id and r.updated_at <= s.superseded_at
    and (public.ticket_of(r.queue_position) < s.before_position
      or r.queue_position is null and (r.attempt > 1 and r.suspended_at is null or r.not_before <= s.superseded_at))
$$;

-- Ends PENDING runs in whose place another one waits. A run in a back-off has no message to send either, since no runner holds it.
-- Returns the runs: see `changed_run`.
create or replace function public.end_superseded(p_run_ids uuid[], p_by_run_id uuid, p_user_id uuid, p_now timestamptz) returns jsonb
language plpgsql as $$
begin
  return public.end_attempts(p_run_ids, p_now, 'stop', 'STOP', 'SUPERSEDED', public.superseded_error(p_by_run_id), 'STOPPED',
    jsonb_build_object('superseded_by', p_by_run_id, 'user_id', p_user_id));
end $$;

-- Supersedes the runs of a group of a locked definition that wait. `p_waiting_ids` are these runs, or of more than `most_superseded`
-- any one more. `p_group` is their concurrency key, or null for all runs of the definition. Returns the runs that it has ended.
create or replace function public.supersede_group(
  p_tenant_id uuid, p_user_id uuid, p_definition_id uuid, p_group text, p_by_run_id uuid, p_waiting_ids uuid[], p_now timestamptz
) returns jsonb
language plpgsql as $$
begin
  -- What an earlier run has left waits, too, and is superseded by this one.
  delete from public.supersessions s
  where s.workflow_definition_id = p_definition_id and (p_group is null or s.concurrency_key = p_group);
  if cardinality(p_waiting_ids) > public.most_superseded() then
    insert into public.supersessions (
      tenant_id, workflow_definition_id, concurrency_key, run_id, user_id, before_position, superseded_at)
    values (p_tenant_id, p_definition_id, p_group, p_by_run_id, p_user_id, nextval('public.workflow_run_queue'), p_now);
  end if;
  return public.end_superseded(p_waiting_ids[1:public.most_superseded()], p_by_run_id, p_user_id, p_now);
end $$;
