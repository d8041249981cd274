-- Deletes up to `p_limit` of the runs of deleted definitions, the newest first, since those are in the way of lists; as many batches of such
-- definitions, once they have no runs; as many firings of deleted triggers, and notifications of deleted endpoints; and as many signals that
-- are not kept any more. What belongs to a run goes with it: its events, labels, logs and files, whose objects the sweep deletes from the
-- bucket. Then it forgets the definitions, triggers and endpoints of which nothing is left. It goes from tenant to tenant. It also
-- prepares as many children of deleted runs for the retention: see `release_children`.
--
-- Guarantees: a run is deleted together with all of its events. Idempotent; what a call that was cut off has not deleted, the next one does.
-- Closes the race with another sweep and with the retention: rows that others have locked are skipped. Nothing is inserted any more that
-- belongs to a deleted definition or trigger: see `delete_definition`. A transaction that was open when an endpoint was deleted may still
-- add notifications of it: `delete_old_notifications` deletes those that come too late for this.
--
-- For `p_only` and `p_lists` see shared/rules/set_aside.sql.
--
-- Answers {"result": {"deleted": how many runs, batches, firings, notifications and signals, and children of deleted runs}}.
create or replace function public.finish_deletions(
  p_context jsonb, p_limit integer, p_only uuid[] default null, p_lists boolean default false
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_except constant uuid[] := public.set_aside_by('deletions');
  v_run_ids uuid[];
  v_emptied_ids uuid[];
  v_batch_ids uuid[];
  v_firing_ids uuid[];
  v_notification_ids uuid[];
  v_signal_ids uuid[];
  v_released integer := 0;
begin
  with wanting as materialized (
    select gone.id, gone.tenant_id
    from (
      select g.id, g.tenant_id, row_number() over (partition by g.tenant_id order by g.deleted_at, g.id) as round
      from public.deleted_definitions g
    ) gone
    order by gone.round, gone.tenant_id
    limit p_limit
  ), chosen as (
    select r.id, row_number() over (partition by wanting.tenant_id) as round
    from wanting
    cross join lateral (
      select r.id
      from public.workflow_runs r
      where p_only is null and r.workflow_definition_id = wanting.id and r.id <> all (v_except)
      order by r.created_at desc, r.id desc
      limit (select greatest(p_limit / nullif(count(*), 0), 1) from wanting)
    ) r
    union all
    -- They are looked up by their ids, since they may be anywhere among very many.
    select r.id, 1
    from public.workflow_runs r
    where r.id = any (p_only) and r.workflow_definition_id in (select gone.id from public.deleted_definitions gone)
  ), held as (
    select held.id
    from (select id from chosen order by round limit p_limit) next
    cross join lateral (select r.id from public.workflow_runs r where r.id = next.id for update skip locked) held
  ), deleted as (
    delete from public.workflow_runs r using held where r.id = held.id and not p_lists
  )
  select coalesce(array_agg(held.id), '{}') into v_run_ids from held;

  -- The order lets each of these look into an index. Without it, the planner may read the table to find nothing.
  v_emptied_ids := array(
    select gone.id
    from public.deleted_definitions gone
    where (
      select r.id from public.workflow_runs r where r.workflow_definition_id = gone.id order by r.created_at desc, r.id desc limit 1) is null);
  v_batch_ids := array(
    select b.id
    from unnest(v_emptied_ids) emptied (id)
    cross join lateral (
      select b.id
      from public.run_batches b
      where b.workflow_definition_id = emptied.id and public.takes(b.id, p_only, v_except)
      order by b.created_at desc
      limit least(p_limit, cardinality(p_only))
      for update skip locked
    ) b
    limit p_limit);
  v_firing_ids := array(
    select f.id
    from public.deleted_triggers gone
    cross join lateral (
      select f.id
      from public.trigger_firings f
      where f.trigger_id = gone.id and public.takes(f.id, p_only, v_except)
      order by f.at desc, f.id desc
      limit least(p_limit, cardinality(p_only))
      for update skip locked
    ) f
    limit p_limit);
  v_notification_ids := array(
    select n.id
    from public.deleted_endpoints gone
    cross join lateral (
      select n.id
      from public.notifications n
      where n.endpoint_id = gone.id and public.takes(n.id, p_only, v_except)
      order by n.created_at desc, n.id desc
      limit least(p_limit, cardinality(p_only))
      for update skip locked
    ) n
    limit p_limit);
  v_signal_ids := array(
    select s.id
    from public.kept_signals s
    where s.received_at <= clock_timestamp() - public.signals_kept_for() and public.takes(s.id, p_only, v_except)
    order by s.received_at
    limit p_limit
    for update skip locked);
  if p_lists then
    return public.candidates_of(p_context, v_run_ids || v_batch_ids || v_firing_ids || v_notification_ids || v_signal_ids);
  end if;
  delete from public.run_batches b where b.id = any (v_batch_ids);
  delete from public.trigger_firings f where f.id = any (v_firing_ids);
  delete from public.notifications n where n.id = any (v_notification_ids);
  delete from public.kept_signals s where s.id = any (v_signal_ids);

  delete from public.deleted_definitions gone
  where gone.id = any (v_emptied_ids)
    and (select b.id from public.run_batches b where b.workflow_definition_id = gone.id order by b.created_at desc limit 1) is null;
  delete from public.deleted_triggers gone
  where (select f.id from public.trigger_firings f where f.trigger_id = gone.id order by f.at desc, f.id desc limit 1) is null;
  delete from public.deleted_endpoints gone
  where (select n.id from public.notifications n where n.endpoint_id = gone.id order by n.created_at desc, n.id desc limit 1) is null;
  if p_only is null then
    v_released := public.release_children(p_limit);
  end if;
  return public.answer_of(p_context, null, jsonb_build_object('result', jsonb_build_object(
    'deleted', cardinality(v_run_ids) + cardinality(v_batch_ids) + cardinality(v_firing_ids) + cardinality(v_notification_ids)
      + cardinality(v_signal_ids) + v_released)));
end $$;
