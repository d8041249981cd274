-- Children: runs that a run has triggered with its run token, of the workflows that its policy names in `may_trigger`.
--
-- 1. `trigger_children` locks the definitions of the parent and of the children in the order of their ids, and inserts those children that are
--    not there yet: `run_children` has their keys. The rights of the user of the parent are judged as for an invoke.
-- 2. Whoever ends a child for good or deletes it, and whoever ends a parent otherwise than as COMPLETED, inserts a row into `due_firings` in the
--    same transaction: `note_children`, and the trigger `delete_events_of_runs`. It does not look whether the parent waits: it could not see a suspension that
--    is not committed yet, and the parent would then wait for ever. It locks nothing of the parent.
-- 3. `fire_due` carries these rows out. With the lock of the parent's definition, a suspended parent goes on when it waited for nothing but
--    this child: `end_waits_for_children`. With those of the children's definitions, too, the unfinished children of a parent that has ended
--    are stopped: `stop_children`.
--
-- A child is kept as long as the row of its parent: see `old_runs`, `release_children`.

-- How many runs stand before a run in its chain: those that have triggered each other, and those after whose ends a trigger has fired.
create or replace function public.depth_of(r public.workflow_runs) returns integer
language sql stable as $$
  select coalesce((r.triggered_by ->> 'depth')::integer,
    case when r.parent_run_id is not null then (select c.depth from public.run_children c where c.run_id = r.id) end, 0)
$$;

-- The ids that a wait for children names: those that are given, or all children of the run whose keys are in use.
create or replace function public.children_named(p_parent_id uuid, p_wait jsonb) returns uuid[]
language plpgsql stable as $$
begin
  return case
    when p_wait ? 'run_ids' then public.json_uuids(p_wait -> 'run_ids')
    else array(select c.run_id from public.run_children c where c.parent_run_id = p_parent_id and c.is_live order by c.run_id)
  end;
end $$;

-- How many children these are, and how many of them have ended and have failed. One that was deleted, or of which the definition was, has failed.
create or replace function public.count_ends_of_children(p_parent_id uuid, p_run_ids uuid[])
returns table (total bigint, ended bigint, failed bigint)
language plpgsql stable as $$
begin
  return query
  select count(*), count(*) filter (where coalesce(child.status, 'FAILED') not in ('PENDING', 'RUNNING')),
    count(*) filter (where coalesce(child.status, 'FAILED') = 'FAILED')
  from unnest(p_run_ids) named (id)
  left join lateral (
    select r.status
    from public.workflow_runs r
    where r.id = named.id and r.parent_run_id = p_parent_id
      and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
    limit 1
  ) child on true;
end $$;

-- True when none of these children of a run is unfinished any more, or, with `p_fail_fast`, when one of them has failed.
create or replace function public.children_have_ended(p_parent_id uuid, p_run_ids uuid[], p_fail_fast boolean) returns boolean
language plpgsql stable as $$
begin
  return (
    select c.ended = c.total or p_fail_fast and c.failed > 0
    from public.count_ends_of_children(p_parent_id, p_run_ids) c);
end $$;

-- Records what follows from the ends of these runs for their parents and children: see above. Call it after their policies have retried them.
create or replace function public.note_children(p_run_ids uuid[], p_now timestamptz) returns void
language plpgsql as $$
begin
  insert into public.due_firings (tenant_id, parent_run_id, due_at, run_id, attempt, depth)
  select r.tenant_id, r.parent_run_id, p_now, r.id, r.attempt, 0
  from public.workflow_runs r
  where r.id = any (p_run_ids) and r.parent_run_id is not null and r.status in ('COMPLETED', 'FAILED')
  union all
  select r.tenant_id, r.id, p_now, null, null, 0
  from public.workflow_runs r
  where r.id = any (p_run_ids) and r.status = 'FAILED' and public.has_children(r.id);
end $$;

-- The runs of a tenant that ended and were triggered before these instants, the oldest first, without the children of runs that are still
-- there. For `p_only` and `p_except` see shared/rules/set_aside.sql. It reads no run that it leaves out, except for a child that ended long
-- after its parent was deleted.
create or replace function public.old_runs(
  p_tenant_id uuid, p_ended_before timestamptz, p_created_before timestamptz, p_limit integer, p_only uuid[], p_except uuid[]
) returns table (id uuid, ended_after timestamptz)
language sql stable rows 10 as $$
  select old.id, old.ended_after
  from (
    (
      select r.id, r.completed_at as ended_after
      from public.workflow_runs r
      where r.tenant_id = p_tenant_id and r.parent_run_id is null and r.completed_at < p_ended_before
        and r.created_at < p_created_before and public.takes(r.id, p_only, p_except)
      order by r.completed_at
      limit p_limit
    )
    union all
    (
      select r.id, c.ended_after
      from public.run_children c
      cross join lateral (
        select r.id from public.workflow_runs r
        where r.id = c.run_id and r.completed_at < p_ended_before and r.created_at < p_created_before
        offset 0
      ) r
      where c.tenant_id = p_tenant_id and c.ended_after < p_ended_before and public.takes(c.run_id, p_only, p_except)
      order by c.ended_after
      limit p_limit
    )
  ) old
  order by old.ended_after
  limit p_limit
$$;

-- Writes `ended_after` of up to `p_limit` children whose parents were deleted, so that `old_runs` finds them when they are old, and forgets the
-- parents that have no such child left. It waits for nobody who deletes a child, or who has retried a parent: it skips the rows that others
-- have locked, and keeps their parents for the next call. Call it last in a transaction, since others then wait for its rows. Returns how many
-- children and parents these were.
create or replace function public.release_children(p_limit integer) returns integer
language plpgsql as $$
declare
  v_parent_ids constant uuid[] := array(
    select gone.id from public.deleted_parents gone order by gone.deleted_at limit p_limit for update skip locked);
  v_child_ids constant uuid[] := array(
    select child.run_id
    from unnest(v_parent_ids) gone (id)
    cross join lateral (
      select c.run_id
      from public.run_children c
      where c.parent_run_id = gone.id and c.ended_after is null
      order by c.run_id
      limit p_limit
      for update skip locked
    ) child
    limit p_limit);
  v_children integer;
  v_parents integer;
begin
  update public.run_children c
  set ended_after = coalesce(r.completed_at, clock_timestamp())
  from public.workflow_runs r
  where c.run_id = any (v_child_ids) and r.id = c.run_id;
  get diagnostics v_children = row_count;
  delete from public.deleted_parents gone
  where gone.id = any (v_parent_ids) and (
    select c.run_id from public.run_children c where c.parent_run_id = gone.id and c.ended_after is null order by c.run_id limit 1) is null;
  get diagnostics v_parents = row_count;
  return v_children + v_parents;
end $$;

-- True for a run that has triggered others, also when these have ended. The order makes the planner use the index. Without it, it may look
-- through the table, which takes longest for a run without children.
create or replace function public.has_children(p_run_id uuid) returns boolean
language plpgsql stable as $$
begin
  return (select c.run_id from public.run_children c where c.parent_run_id = p_run_id order by c.run_id limit 1) is not null;
end $$;

-- Frees the keys of those children of a run that have failed, or were asked to stop since it had ended: a retry triggers them anew.
-- It skips a child that somebody is deleting, since its key is free once its row is gone.
create or replace function public.free_failed_children(p_parent_id uuid) returns void
language plpgsql as $$
begin
  update public.run_children c
  set is_live = false
  where c.run_id = any (array(
    select failed.run_id
    from public.run_children failed
    where failed.parent_run_id = p_parent_id and failed.is_live and exists (
      select from public.workflow_runs r
      where r.id = failed.run_id and (r.status = 'FAILED' or exists (
        select from public.running_attempts a where a.run_id = r.id and a.stop_requested_at is not null)))
    for update of failed skip locked));
end $$;

-- A child as the API shows it, in its state at an instant.
create or replace function public.child_response(p_run_id uuid, p_now timestamptz) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object('run_id', r.id, 'workflow_definition_id', r.workflow_definition_id, 'key', c.key,
      'status', seen.status, 'error', seen.error, 'failure_code', seen.failure_code, 'summary', r.summary,
      'created_at', public.wire_instant(r.created_at), 'completed_at', public.wire_instant(seen.completed_at))
    from public.run_children c
    join public.workflow_runs r on r.id = c.run_id
    cross join lateral public.run_as_seen(r, p_now) seen
    where c.run_id = p_run_id);
end $$;
