-- Do the PENDING runs of a definition wait as they should? For pages that say how well the service keeps up: one row, or none when no run of
-- the definition waits.
--   waiting    how many runs are in its queue, counted up to `p_most`
--   later      how many are PENDING outside of the queue, since their instant has not come, counted up to `p_most`
--   since      since when the first run of the queue waits; null when none is in the queue
--   reason     why no further run starts at this instant: `wait_reason` of the run that is next
--   has_turn   true when a slot is free for that run, and nothing but a runner or the next sweep is missing
--   sessions   the runners that may lease its runs, in the form of `open_sessions_json`; null unless its runs are leased
create or replace function public.waiting_work(p_tenant_id uuid, p_definition_id uuid, p_most integer, p_now timestamptz)
returns table (waiting bigint, later bigint, since timestamptz, reason text, has_turn boolean, sessions jsonb)
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_first_id constant uuid := (
    select waiting.id from public.waiting_runs(p_definition_id, p_now) waiting order by waiting.queue_position limit 1);
  -- When keys take turns, the run that is next may be another than the first of the queue.
  v_next_id constant uuid := coalesce(public.next_run_as_seen(p_definition_id, p_now), v_first_id, (
    select r.id
    from public.workflow_runs r
    where r.workflow_definition_id = p_definition_id and r.status = 'PENDING' and r.not_before is not null
      and public.is_unexpired(r.deadline_at, p_now)
    order by r.not_before
    limit 1));
begin
  return query
  select
    (
      select count(*)
      from (
        select from public.waiting_runs(p_definition_id, p_now) limit p_most
      ) counted),
    (
      select count(*)
      from (
        select
        from public.workflow_runs r
        where r.workflow_definition_id = p_definition_id and r.status = 'PENDING' and r.queue_position is null
          and public.is_unexpired(r.deadline_at, p_now)
        limit p_most
      ) counted),
    (
      select max(greatest(e.at, (e.detail ->> 'start_after')::timestamptz))
      from public.workflow_run_events e
      where e.run_id = v_first_id and e.type in ('TRIGGERED', 'QUEUED')),
    wait.reason, wait.has_turn,
    case when d.handover = 'lease' then public.open_sessions_json(p_tenant_id, p_definition_id, p_now) end
  from public.workflow_runs r
  join public.workflow_definitions d on d.id = r.workflow_definition_id
  cross join lateral public.wait_reason(r, r.status, p_now) wait
  where r.id = v_next_id;
end $$;

-- The definitions that the caller may see and whose runs wait, the one whose first run joined its queue first before the others, and at last
-- those of which no run is in the queue. It looks at one run of each definition.
create or replace function public.waiting_definitions(p_role text, p_tenant_id uuid, p_user_id uuid, p_limit integer)
returns table (id uuid)
language sql stable as $$
  select visible.id
  from public.visible_definitions(p_role, p_tenant_id, p_user_id) visible
  cross join lateral (
    select r.queue_position
    from public.workflow_runs r
    where r.workflow_definition_id = visible.id and r.status = 'PENDING'
    order by r.queue_position
    limit 1
  ) first
  order by public.ticket_of(first.queue_position) nulls last
  limit p_limit
$$;
