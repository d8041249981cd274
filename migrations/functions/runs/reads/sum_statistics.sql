-- What the charts show of a long time, from the sums: see run_sums.sql. They are those of one definition, or of all when `p_definition_id`
-- is null: for an administrator of the whole tenant, deleted definitions included; for a USER of the definitions that they may read today.
-- The range is the last `p_seconds` up to now and what has passed of the current hour, or of the current day (UTC) when the steps are at
-- least as long. The range before it is the `p_seconds` before its begin.
--
-- Answers the same as `chart_statistics`, with all runs counted by the instants of their ends, and "workflows_since": when the workflows have
-- too many sums, the begin of the oldest one that was read for them, otherwise null.
create or replace function public.sum_statistics(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid, p_seconds integer, p_step_seconds integer, p_max_workflows integer
) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  -- So many of a tenant's newest sums are read for the list of workflows: those of 200 workflows in a week, or of more in 90 days.
  c_most_sums constant integer := 40000;
  c_nothing constant jsonb := '{"completed": 0, "failed": 0, "wait": {"median": null, "p95": null}, "run": {"median": null, "p95": null}}';
  v_per constant text := case when p_step_seconds < 86400 then 'hour' else 'day' end;
  v_begin constant timestamptz := date_trunc(v_per, now(), 'UTC') - make_interval(secs => p_seconds);
  v_begin_before constant timestamptz := v_begin - make_interval(secs => p_seconds);
  v_of_ids constant uuid[] := case
    when p_definition_id is not null then array(
      select d.id from public.workflow_definitions d
      where d.tenant_id = p_tenant_id and d.id = p_definition_id
        and public.may_see_definition(p_role, p_tenant_id, p_user_id, d.id))
    when public.is_administrator(p_role) then array[p_tenant_id]
    else array(select readable.id from public.readable_definitions(p_role, p_tenant_id, p_user_id) readable)
  end;
  v_counts jsonb;
  v_times jsonb;
  v_before jsonb;
  v_workflows jsonb;
  v_workflows_since timestamptz;
begin
  with summed as (
    select s.begins_at >= v_begin as is_now,
      case when s.begins_at >= v_begin then public.step_at(s.begins_at, v_begin, p_step_seconds) end as at,
      s.completed, s.failed, s.waits, s.run_times
    from unnest(v_of_ids) of (id)
    cross join lateral (
      select s.begins_at, s.completed, s.failed, s.waits, s.run_times
      from public.run_sums s
      where s.of_id = of.id and s.per = v_per and s.begins_at >= v_begin_before
      offset 0 -- keeps the planner from reading the sums of all tenants at once
    ) s
  ), grouped as (
    select is_now, at, sum(completed) as completed, sum(failed) as failed, jsonb_build_object('completed', sum(completed),
      'failed', sum(failed), 'wait', public.histogram_percentiles(sum(waits)), 'run', public.histogram_percentiles(sum(run_times))) as row
    from summed
    group by grouping sets ((is_now, at), (is_now))
    having grouping(at) = 1 or at is not null
  )
  select
    coalesce(jsonb_agg(jsonb_build_object('source', 'sums', 'at', public.wire_instant(g.at), 'completed', g.completed, 'failed', g.failed)
      order by g.at) filter (where g.at is not null), '[]'),
    coalesce(jsonb_agg(g.row || jsonb_build_object('at', public.wire_instant(g.at), 'workflow_id', null, 'source', null, 'first', null,
      'name', null, 'is_visible', false)) filter (where g.is_now), '[]'),
    coalesce(jsonb_agg(g.row) filter (where not g.is_now) -> 0, c_nothing)
  into v_counts, v_times, v_before
  from grouped g;

  with of_workflows as (
    (select s.of_id, s.begins_at, s.completed, s.failed, s.waits, s.run_times
      from public.run_sums s
      where p_max_workflows > 0 and public.is_administrator(p_role) and s.tenant_id = p_tenant_id and s.per = v_per
        and s.begins_at >= v_begin
      order by s.begins_at desc
      limit c_most_sums)
    union all
    select s.of_id, s.begins_at, s.completed, s.failed, s.waits, s.run_times
    from unnest(case when p_max_workflows > 0 and not public.is_administrator(p_role) then v_of_ids end) of (id)
    cross join lateral (
      select o.of_id, o.begins_at, o.completed, o.failed, o.waits, o.run_times
      from public.run_sums o
      where o.of_id = of.id and o.per = v_per and o.begins_at >= v_begin
      offset 0
    ) s
  )
  select coalesce(jsonb_agg(jsonb_build_object('at', null, 'workflow_id', w.of_id, 'source', null, 'first', null, 'name', w.name,
    'is_visible', true, 'completed', w.completed, 'failed', w.failed, 'wait', public.histogram_percentiles(w.waits),
    'run', public.histogram_percentiles(w.run_times)) order by w.completed + w.failed desc, w.of_id), '[]'),
    (select case when count(*) >= c_most_sums and public.is_administrator(p_role) then min(o.begins_at) end from of_workflows o)
  into v_workflows, v_workflows_since
  from (
    select s.of_id, d.name, s.completed, s.failed, s.waits, s.run_times
    from (
      select s.of_id, sum(s.completed) as completed, sum(s.failed) as failed, sum(s.waits) as waits, sum(s.run_times) as run_times
      from of_workflows s
      group by s.of_id
      having sum(s.completed + s.failed) > 0
    ) s
    join public.workflow_definitions d on d.tenant_id = p_tenant_id and d.id = s.of_id
    order by s.completed + s.failed desc, s.of_id
    limit p_max_workflows
  ) w;
  return jsonb_build_object('begin', public.wire_instant(v_begin), 'end', public.wire_instant(now()), 'counts', v_counts,
    'times', v_times || v_workflows, 'before', v_before, 'workflows_since', public.wire_instant(v_workflows_since));
end $$;
