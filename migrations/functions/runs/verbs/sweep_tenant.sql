-- The sweep of one tenant, when something of it is due: fails up to `p_limit` overdue runs, the longest overdue first, ends runs that
-- are still to be superseded, lets runs join their queues whose instant has come, and starts the next ones. It does nothing while an
-- operator has paused the sweep.
--
-- Guarantees: safe to run concurrently with itself and with every other verb. It skips the definitions that another transaction
-- has locked: that transaction ends their overdue runs itself.
--
-- For `p_only` and `p_lists` see shared/rules/set_aside.sql. What is set aside is not due before the end of its back-off. While the tenant
-- itself is set aside, nothing is done.
--
-- Answers {"result"}, with:
-- - "is_paused"
-- - "lags_ms": [how late each run was ended, in milliseconds]
-- - "has_moved": something was due, and its definition was not locked
-- - "has_more": see `has_more_by_time`
-- - "has_due_dispatches", "has_due_stops", "has_due_triggers"
-- - "due_in_ms": milliseconds until something of the tenant is due; null when nothing is planned. What the caller sends now, that
--   is, the dispatches, stops and notifications that are already due, counts as due in 30 seconds: in case the caller dies. So do the
--   triggers that it fires now.
create or replace function public.sweep_tenant(
  p_context jsonb, p_tenant_id uuid, p_limit integer, p_only uuid[] default null, p_lists boolean default false
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- Only for finding what to lock. What is done is judged at `v_now`, which is read after the last lock.
  v_found_at constant timestamptz := clock_timestamp();
  v_except constant uuid[] := public.set_aside_by('ends') || public.set_aside_by('promotions');
  v_now timestamptz;
  v_definition_ids uuid[];
  v_ended jsonb;
  v_changed jsonb;
  v_has_due_dispatches boolean;
  v_has_due_stops boolean;
  v_has_due_triggers boolean;
  v_due_at timestamptz;
begin
  if exists (select from public.sweep_state s where s.paused_at is not null) then
    return public.answer_of(p_context, p_tenant_id, '{"result": {"is_paused": true, "lags_ms": [],
      "has_moved": false, "has_due_dispatches": false, "has_due_stops": false, "has_due_triggers": false, "due_in_ms": null}}');
  end if;

  if p_tenant_id = any (v_except) and not p_lists then
    return public.answer_of(p_context, p_tenant_id, jsonb_build_object('result', jsonb_build_object('is_paused', false,
      'lags_ms', '[]'::jsonb, 'has_moved', false, 'has_due_dispatches', false, 'has_due_stops', false, 'has_due_triggers', false,
      'due_in_ms', public.ms_until((
        select max(s.until) from public.set_aside s where s.step in ('ends', 'promotions') and s.row_id = p_tenant_id)))));
  end if;

  -- 1. Lock the definitions of overdue runs, and those with runs that join their queue or are still to be superseded.
  with locked as (
    select d.id
    from (
      select overdue.workflow_definition_id from public.overdue_runs(p_tenant_id, v_found_at, p_limit, v_except) overdue
      union
      (
        select r.workflow_definition_id
        from public.workflow_runs r
        where r.tenant_id = p_tenant_id and public.joins_or_expires(r, v_found_at)
          and public.takes(r.workflow_definition_id, p_only, v_except)
          and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
        order by least(r.not_before, r.deadline_at)
        limit p_limit
      )
      union
      (
        select s.workflow_definition_id from public.supersessions s
        where s.tenant_id = p_tenant_id and public.takes(s.workflow_definition_id, p_only, v_except)
        limit p_limit
      )
    ) next
    join public.workflow_definitions d on d.id = next.workflow_definition_id and public.takes(d.id, p_only, v_except)
    for update of d skip locked
  )
  select array_agg(id) into v_definition_ids from locked;
  if p_lists then
    return public.candidates_of(p_context, v_definition_ids);
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue runs, and promote the next ones, including those that have just joined their queues.
  v_ended := public.end_overdue_runs(v_definition_ids, v_now);
  v_changed := coalesce(v_ended -> 'runs', '[]')
    || coalesce(public.promote_next_runs(p_context, v_definition_ids, v_now), '[]');

  -- 3. What is left?
  v_has_due_dispatches := exists (
    select from public.workflow_runs r
    where r.tenant_id = p_tenant_id and r.next_dispatch_at <= v_now
      and (select true from public.set_aside s
        where s.step = 'dispatches' and s.row_id in (r.id, r.tenant_id) and s.until > v_now limit 1) is null);
  v_has_due_stops := public.has_due_stops(p_tenant_id, v_now);
  v_has_due_triggers := coalesce(public.triggers_due_at(p_tenant_id) <= v_now, false);
  v_due_at := least(
    public.next_due_at(p_tenant_id, v_now, v_except),
    (select min(s.until) from public.set_aside s where s.tenant_id = p_tenant_id and s.until > v_now
      and s.step in ('ends', 'promotions', 'firings', 'stops', 'dispatches', 'notifications')),
    case when v_has_due_dispatches or v_has_due_stops or v_has_due_triggers then v_now + interval '30 seconds' end,
    -- What did not fit into the limits.
    (select min(least(r.not_before, r.deadline_at)) from public.workflow_runs r
      where r.tenant_id = p_tenant_id and public.joins_or_expires(r, v_now) and r.workflow_definition_id <> all (v_except)
        and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)));
  return public.answer_with(p_context, p_tenant_id,
    jsonb_build_object('result', jsonb_build_object('is_paused', false, 'lags_ms', v_ended -> 'lags_ms',
      'has_moved', v_definition_ids is not null, 'has_more', public.has_more_by_time(v_definition_ids, v_now),
      'has_due_dispatches', v_has_due_dispatches, 'has_due_stops', v_has_due_stops, 'has_due_triggers', v_has_due_triggers,
      'due_in_ms', public.ms_until(v_due_at))),
    v_changed,
    -- A run that has joined its queue is new work for runners that lease, without an event.
    jsonb_build_object('definition_ids', coalesce(to_jsonb(v_definition_ids), '[]'), 'notifies', true));
end $$;
