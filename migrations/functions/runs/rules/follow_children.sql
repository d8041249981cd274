-- What follows for parents and children, when `fire_due` carries out what `note_children` has recorded: see `children.sql`.

-- The definitions that have to be locked for these due firings: those of the parents, and those of up to `p_limit` children of each parent
-- that has ended. With the lock of its parent's definition, a child is not stopped while a person retries the parent, which gets those again
-- that go on.
create or replace function public.definitions_of_families(p_due_ids bigint[], p_limit integer) returns setof uuid
language sql stable as $$
  select r.workflow_definition_id
  from public.due_firings f
  join public.workflow_runs r on r.id = f.parent_run_id
  where f.id = any (p_due_ids)
  union
  select r.workflow_definition_id
  from public.due_firings f
  cross join lateral (select child.id from public.children_to_stop(f.parent_run_id) child (id) limit p_limit) child
  join public.workflow_runs r on r.id = child.id
  where f.id = any (p_due_ids) and f.run_id is null
$$;

-- Carries out those of these due firings that are about parents and children, as far as their definitions are locked, whose overdue runs were
-- ended. All that has become due of one parent meanwhile is carried out at once. A row of which something is left stays due. Returns
-- {"handled": how many rows are done, or were begun, "stopped": see `stop_judged_run`, "changed": see `end_waits_for_children`}.
create or replace function public.follow_children(p_context jsonb, p_due_ids bigint[], p_definition_ids uuid[], p_now timestamptz)
returns jsonb
language plpgsql as $$
declare
  v_parent_id uuid;
  v_has_ended boolean;
  v_deleted integer;
  v_handled integer := 0;
  v_stops jsonb;
  v_left integer := public.most_superseded();
  v_stopped jsonb := '[]';
  v_changed jsonb := '[]';
begin
  for v_parent_id, v_has_ended in
    select distinct f.parent_run_id, f.run_id is null
    from public.due_firings f
    left join public.workflow_runs parent on parent.id = f.parent_run_id
    left join public.workflow_definitions d on d.id = parent.workflow_definition_id
    where f.id = any (p_due_ids) and f.parent_run_id is not null
      -- Nobody goes on when the parent is gone, or its definition.
      and (d.id is null or d.id = any (p_definition_ids))
    order by f.parent_run_id, f.run_id is null
  loop
    if v_has_ended then
      if v_left > 0 then
        v_stops := public.stop_children(p_context, v_parent_id, p_definition_ids, v_left, p_now);
        v_left := v_left - (v_stops ->> 'count')::integer;
        v_handled := v_handled + (v_stops ->> 'count')::integer;
        v_stopped := v_stopped || (v_stops -> 'stopped');
      end if;
      continue when exists (select from public.children_to_stop(v_parent_id));
    end if;
    -- Deleted first: each end that is deleted here was committed before, so what follows sees it.
    with done as (
      select f.id from public.due_firings f
      where f.parent_run_id = v_parent_id and (f.run_id is null) = v_has_ended
      order by f.id
      for update skip locked
    )
    delete from public.due_firings f using done where f.id = done.id;
    get diagnostics v_deleted = row_count;
    v_handled := v_handled + v_deleted;
    if not v_has_ended then
      v_changed := v_changed || public.end_waits_for_children(v_parent_id, p_now);
    end if;
  end loop;
  return jsonb_build_object('handled', v_handled, 'stopped', v_stopped, 'changed', v_changed);
end $$;

-- Lets a run go on, whose definition is locked and whose overdue runs were ended, if it is suspended and all children have ended for which
-- it waits. Returns what was changed: see `changed_run`. It has no event, also when the run now waits for an instant.
create or replace function public.end_waits_for_children(p_parent_id uuid, p_now timestamptz) returns jsonb
language plpgsql as $$
begin
  update public.run_waits w
  -- Truncated to milliseconds like the column: if it were rounded up, the instant would not have come yet.
  set due_at = date_trunc('milliseconds', p_now), is_open = false
  from public.workflow_runs r
  join public.workflow_definitions d on d.id = r.workflow_definition_id
  where w.run_id = p_parent_id and w.kind = 'children' and w.is_open and r.id = w.run_id
    and public.is_suspended(r.status, r.suspended_at, r.not_before, p_now) and public.wait_outcome(w, p_now) is null
    and public.children_have_ended(p_parent_id, w.child_run_ids, w.fail_fast);
  return case when found then public.resume_if_complete(p_parent_id, p_now) else '[]' end;
end $$;

-- Stops up to `p_limit` unfinished children of a run that has ended, those of these locked definitions. If the run was stopped, the runners
-- of its children get the same grace as its own runner got. A child that was asked to stop before keeps its grace. Returns {"count",
-- "stopped": see `stop_judged_run`}.
create or replace function public.stop_children(
  p_context jsonb, p_parent_id uuid, p_definition_ids uuid[], p_limit integer, p_now timestamptz
) returns jsonb
language plpgsql as $$
declare
  v_reason constant text := 'its parent, run ' || p_parent_id || ', has ended.';
  v_grace_seconds constant integer := coalesce((
    select ceil(extract(epoch from (e.detail ->> 'ends_at')::timestamptz - e.at))
    from public.workflow_run_events e
    join public.workflow_runs r on r.id = e.run_id and r.attempt = e.attempt
    where e.run_id = p_parent_id and e.type = 'STOP_REQUESTED'
    order by e.id desc
    limit 1), 0);
  v_waiting_ids uuid[];
  v_running_ids uuid[];
  v_id uuid;
  v_stopped jsonb := '[]';
begin
  select array_agg(child.id) filter (where child.status = 'PENDING'), array_agg(child.id) filter (where child.status = 'RUNNING')
  into v_waiting_ids, v_running_ids
  from (
    select r.id, r.status
    from public.children_to_stop(p_parent_id) unfinished (id)
    join public.workflow_runs r on r.id = unfinished.id
    where r.workflow_definition_id = any (p_definition_ids)
    order by r.id
    limit p_limit
    for update of r
  ) child;
  -- No runner has them, so there is no message to send.
  if v_waiting_ids is not null then
    perform public.end_attempts(v_waiting_ids, p_now, 'stop', 'STOP', 'STOPPED', public.stopped_error(v_reason), 'STOPPED',
      jsonb_build_object('reason', v_reason, 'user_id', null, 'parent_run_id', p_parent_id));
  end if;
  foreach v_id in array coalesce(v_running_ids, '{}') loop
    v_stopped := v_stopped || (
      public.stop_judged_run(p_context, null, v_id, v_reason, v_grace_seconds, p_now) -> 'stopped');
  end loop;
  return jsonb_build_object('stopped', v_stopped,
    'count', coalesce(cardinality(v_waiting_ids), 0) + coalesce(cardinality(v_running_ids), 0));
end $$;

-- The children of a run that have to stop since it has ended: those that are unfinished, and were not asked to stop. None while the run goes
-- on, since a person has retried it.
create or replace function public.children_to_stop(p_parent_id uuid) returns setof uuid
language sql stable as $$
  select r.id
  from public.run_children c
  join public.workflow_runs r on r.id = c.run_id
  where c.parent_run_id = p_parent_id and r.status in ('PENDING', 'RUNNING')
    and not exists (select from public.running_attempts a where a.run_id = r.id and a.stop_requested_at is not null)
    and not exists (
      select from public.workflow_runs parent where parent.id = p_parent_id and parent.status in ('PENDING', 'RUNNING', 'COMPLETED'))
$$;
