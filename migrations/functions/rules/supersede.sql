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

-- Ends PENDING runs in whose place another one waits. A run in a back-off has no message to send either, since no runner holds it.
create or replace function public.end_superseded(p_run_ids uuid[], p_by_run_id uuid, p_user_id uuid, p_now timestamptz) returns void
language plpgsql as $$
begin
  perform public.end_attempts(p_run_ids, p_now, 'stop', 'STOP', 'SUPERSEDED', public.superseded_error(p_by_run_id), 'STOPPED',
    jsonb_build_object('superseded_by', p_by_run_id, 'user_id', p_user_id));
end $$;

-- Supersedes the runs of a group of a locked definition that wait. `p_waiting_ids` are these runs, or of more than `most_superseded`
-- any one more. `p_group` is their concurrency key, or null for all runs of the definition.
create or replace function public.supersede_group(
  p_tenant_id uuid, p_user_id uuid, p_definition_id uuid, p_group text, p_by_run_id uuid, p_waiting_ids uuid[], p_now timestamptz
) returns void
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
  perform public.end_superseded(p_waiting_ids[1:public.most_superseded()], p_by_run_id, p_user_id, p_now);
end $$;

-- Ends the next of the runs of locked definitions that are still to be superseded, and those of `p_run_ids` that are among them.
create or replace function public.supersede_next(p_definition_ids uuid[], p_now timestamptz, p_run_ids uuid[]) returns void
language plpgsql as $$
declare
  v_id uuid;
  v_definition_id uuid;
  v_group text;
  v_by_run_id uuid;
  v_user_id uuid;
  v_before_position bigint;
  v_at timestamptz;
  v_run_ids uuid[];
begin
  for v_id, v_definition_id, v_group, v_by_run_id, v_user_id, v_before_position, v_at in
    select s.id, s.workflow_definition_id, s.concurrency_key, s.run_id, s.user_id, s.before_position, s.superseded_at
    from public.supersessions s
    where s.workflow_definition_id = any (p_definition_ids)
  loop
    v_run_ids := array(
      select unfinished.id
      from public.unfinished_runs(v_definition_id, p_now, v_group) unfinished
      where unfinished.status = 'PENDING' and unfinished.id <> v_by_run_id and unfinished.updated_at <= v_at
        and (unfinished.queue_position < v_before_position
          or unfinished.queue_position is null and (unfinished.attempt > 1 or unfinished.not_before <= v_at))
      order by unfinished.id = any (p_run_ids) desc nulls last
      limit public.most_superseded() + 1);
    if cardinality(v_run_ids) <= public.most_superseded() then
      delete from public.supersessions s where s.id = v_id;
    end if;
    perform public.end_superseded(v_run_ids[1:public.most_superseded()], v_by_run_id, v_user_id, p_now);
  end loop;
end $$;

-- The groups of a definition, with this `max_running_per_key`, of which runs are still to be superseded: their concurrency keys, and null
-- for the whole definition. When keys take no turns any more, the rest of a key keeps all from starting.
create or replace function public.superseded_groups(p_definition_id uuid, p_per_key integer) returns table (concurrency_key text)
language sql stable as $$
  select case when p_per_key is not null then s.concurrency_key end
  from public.supersessions s
  where s.workflow_definition_id = p_definition_id
$$;
