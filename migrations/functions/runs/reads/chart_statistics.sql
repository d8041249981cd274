-- The runs that have ended, and that were triggered from `p_begin` until `p_end` (excluded): those of one definition, or of all when
-- `p_definition_id` is null, as far as the caller may see them.
--
-- Each source reads one range of an index, from its end on, and at most `p_limit` rows of it: the COMPLETED and the FAILED runs of
-- an administrator's tenant; those that a USER has triggered; those of other people that a USER may see; those of the definition.
-- The runs that have ended by time and that no sweep has recorded yet are read, too. They are few.
--
-- With `p_skips` the tenant has runs of deleted definitions, which the sweep has not deleted yet: see access.sql. To leave them out, rows have
-- to be read, so this has sources of its own.
--
-- The columns of the index are compared as one row, and also sorted by. So the planner reads the index in its order, whatever it
-- assumes about the number of runs. (The branches differ in that row, and so in their index: they cannot be one.) A query that selects
-- only states and `created_at` reads only the index. (With a WITH, the planner could not leave out what is not selected.)
create or replace function public.ended_runs(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid, p_begin timestamptz, p_end timestamptz, p_limit integer,
  p_skips boolean
) returns table (
  source text, status text, created_at timestamptz, definition_id uuid, attempt integer, started_at timestamptz,
  completed_at timestamptz
)
language sql stable as $$
  select 'tenant ' || state, state, r.created_at, r.workflow_definition_id, r.attempt, r.started_at, r.completed_at
  from unnest(case when not p_skips and p_definition_id is null and public.is_administrator(p_role)
    then array['COMPLETED', 'FAILED'] end) state
  cross join lateral (
    select r.created_at, r.workflow_definition_id, r.attempt, r.started_at, r.completed_at
    from public.workflow_runs r
    where (r.tenant_id, r.status, r.created_at) >= (p_tenant_id, state, p_begin)
      and (r.tenant_id, r.status, r.created_at) < (p_tenant_id, state, p_end)
    order by r.tenant_id desc, r.status desc, r.created_at desc
    limit p_limit
  ) r
  union all
  select 'user ' || state, state, r.created_at, r.workflow_definition_id, r.attempt, r.started_at, r.completed_at
  from unnest(case when not p_skips and p_definition_id is null and not public.is_administrator(p_role)
    then array['COMPLETED', 'FAILED'] end) state
  cross join lateral (
    select r.created_at, r.workflow_definition_id, r.attempt, r.started_at, r.completed_at
    from public.workflow_runs r
    where r.tenant_id = p_tenant_id
      and (r.user_id, r.status, r.created_at) >= (p_user_id, state, p_begin)
      and (r.user_id, r.status, r.created_at) < (p_user_id, state, p_end)
    order by r.user_id desc, r.status desc, r.created_at desc
    limit p_limit
  ) r
  union all
  select 'tenant ' || state, state, r.created_at, r.workflow_definition_id, r.attempt, r.started_at, r.completed_at
  from unnest(case when p_skips and p_definition_id is null and public.is_administrator(p_role)
    then array['COMPLETED', 'FAILED'] end) state
  cross join lateral (
    select r.created_at, r.workflow_definition_id, r.attempt, r.started_at, r.completed_at
    from public.workflow_runs r
    where (r.tenant_id, r.status, r.created_at) >= (p_tenant_id, state, p_begin)
      and (r.tenant_id, r.status, r.created_at) < (p_tenant_id, state, p_end)
      and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
    order by r.tenant_id desc, r.status desc, r.created_at desc
    limit p_limit
  ) r
  union all
  select 'user ' || state, state, r.created_at, r.workflow_definition_id, r.attempt, r.started_at, r.completed_at
  from unnest(case when p_skips and p_definition_id is null and not public.is_administrator(p_role)
    then array['COMPLETED', 'FAILED'] end) state
  cross join lateral (
    select r.created_at, r.workflow_definition_id, r.attempt, r.started_at, r.completed_at
    from public.workflow_runs r
    where r.tenant_id = p_tenant_id
      and (r.user_id, r.status, r.created_at) >= (p_user_id, state, p_begin)
      and (r.user_id, r.status, r.created_at) < (p_user_id, state, p_end)
      and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
    order by r.user_id desc, r.status desc, r.created_at desc
    limit p_limit
  ) r
  union all
  select 'definitions', r.status, r.created_at, r.workflow_definition_id, r.attempt, r.started_at, r.completed_at
  from (
    select r.*
    from (
      select readable.id
      from public.readable_definitions(p_role, p_tenant_id, p_user_id) readable
      where p_definition_id is null
      union all
      select d.id
      from public.workflow_definitions d
      where d.tenant_id = p_tenant_id and d.id = p_definition_id
        and public.may_see_definition(p_role, p_tenant_id, p_user_id, d.id)
    ) definition
    cross join lateral (
      select r.status, r.created_at, r.workflow_definition_id, r.attempt, r.started_at, r.completed_at
      from public.workflow_runs r
      where r.status in ('COMPLETED', 'FAILED')
        -- Their own are those of the sources above.
        and (p_definition_id is not null or r.user_id <> p_user_id)
        and (r.workflow_definition_id, r.created_at) >= (definition.id, p_begin)
        and (r.workflow_definition_id, r.created_at) < (definition.id, p_end)
      order by r.workflow_definition_id desc, r.created_at desc
      limit p_limit
    ) r
    order by r.created_at desc
    limit p_limit
  ) r
  union all
  select 'overdue', 'FAILED', r.created_at, r.workflow_definition_id, r.attempt, r.started_at, r.completed_at
  from (select distinct o.id from public.overdue_runs(p_tenant_id, now(), p_limit) o) overdue
  -- Each run is looked up by the primary key. With a join, the planner might read all runs of the tenant.
  cross join lateral (
    select r.created_at, r.workflow_definition_id, r.attempt, r.started_at, r.completed_at
    from public.workflow_runs r
    where r.id = overdue.id and r.created_at >= p_begin and r.created_at < p_end
      and (p_definition_id is null or r.workflow_definition_id = p_definition_id)
      and public.run_is_visible(p_role, p_user_id, r.user_id, r.workflow_definition_id in (
        select readable.id from public.readable_definitions(p_role, p_tenant_id, p_user_id) readable))
    limit 1
  ) r
$$;

-- What the charts show of the ended runs: see `ended_runs`. The range is from `p_begin` until `p_end`; when these are null, the last
-- `p_seconds` up to now, beginning at a whole minute. Steps begin at multiples of `p_step_seconds` since 1970, the first one with the range.
-- The range before it is as long.
--
-- Answers {"begin", "end", "counts", "times", "before"}:
--   counts   a list with a row for each step of a source that has runs: {"source", "at", "completed", "failed"}. At most `p_max_counted`
--            runs of a source are counted, and one more, which shows that there are others
--   times    a list with a row for each step ("at" is set), for each workflow of those with the most runs ("workflow_id"), for each source
--            ("source"; "first" is when its earliest run was triggered), and one for all of them. A row has the percentiles in seconds of
--            the wait, at the first attempt, and of the run time of COMPLETED runs. They are of at most `p_max_measured` runs of a source,
--            and one more
--   before   {"completed", "failed", "wait", "run"} of the range before. Both ranges share the limits above, so that it costs nothing more.
--            When there are more runs than `p_max_counted`, it is null; with more than `p_max_measured`, its "wait" and "run" are empty
--
-- With these settings the planner reads the indexes in their order, and stops at the limit. Otherwise it may collect and sort a whole
-- range first, as long as it takes the range for smaller than the limit. Its plans are kept for the connection, since they take
-- longer than reading some hundred runs.
create or replace function public.chart_statistics(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid, p_seconds integer, p_begin timestamptz, p_end timestamptz,
  p_step_seconds integer, p_max_counted integer, p_max_measured integer, p_max_workflows integer
) returns jsonb
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_bitmapscan = off set enable_seqscan = off as $$
declare
  c_nothing constant jsonb := '{"wait": {"median": null, "p95": null}, "run": {"median": null, "p95": null}}';
  v_end constant timestamptz := coalesce(p_end, now());
  v_begin constant timestamptz := coalesce(p_begin, date_trunc('minute', now()) - make_interval(secs => p_seconds));
  v_begin_before constant timestamptz := v_begin - (v_end - v_begin);
  v_skips constant boolean := exists (select from public.deleted_definitions gone where gone.tenant_id = p_tenant_id);
  v_counts jsonb;
  v_times jsonb;
  v_before jsonb;
  v_times_before jsonb;
begin
  with counted as (
    select ended.source as counted_source, ended.created_at >= v_begin as is_now,
      case when ended.created_at >= v_begin then public.step_at(ended.created_at, v_begin, p_step_seconds) end as at,
      count(*) filter (where ended.status = 'COMPLETED') as completed, count(*) filter (where ended.status = 'FAILED') as failed
    from public.ended_runs(p_role, p_tenant_id, p_user_id, p_definition_id, v_begin_before, v_end, p_max_counted + 1, v_skips) ended
    group by 1, 2, 3
  )
  select coalesce(jsonb_agg(jsonb_build_object('source', counted_source, 'at', public.wire_instant(at), 'completed', completed,
    'failed', failed) order by at) filter (where is_now), '[]'),
    case when not exists (select from counted group by counted_source having sum(completed + failed) > p_max_counted) then
      jsonb_build_object('completed', coalesce(sum(completed) filter (where not is_now), 0),
        'failed', coalesce(sum(failed) filter (where not is_now), 0)) end
  into v_counts, v_before
  from counted;

  with measured as (
    select ended.source as measured_source, ended.created_at >= v_begin as is_now,
      public.step_at(ended.created_at, v_begin, p_step_seconds) as at, ended.definition_id, ended.created_at, ended.status,
      case when ended.attempt = 1 then extract(epoch from ended.started_at - ended.created_at)::float8 end as wait_seconds,
      case when ended.status = 'COMPLETED'
        then extract(epoch from ended.completed_at - ended.started_at)::float8 end as run_seconds
    from public.ended_runs(p_role, p_tenant_id, p_user_id, p_definition_id, v_begin_before, v_end, p_max_measured + 1, v_skips) ended
  ), grouped as (
    select is_now, at, definition_id, measured_source, min(created_at) as first, count(*) as runs,
      row_number() over (partition by is_now, grouping(at, definition_id, measured_source) order by count(*) desc) as place,
      count(*) filter (where status = 'COMPLETED') as completed, count(*) filter (where status = 'FAILED') as failed,
      percentile_cont(array[0.5, 0.95]) within group (order by wait_seconds) as wait,
      percentile_cont(array[0.5, 0.95]) within group (order by run_seconds) as run
    from measured
    group by grouping sets ((is_now, at), (is_now, definition_id), (is_now, measured_source), (is_now))
  ), shown as (
    select g.*, jsonb_build_object('wait', jsonb_build_object('median', g.wait[1], 'p95', g.wait[2]),
      'run', jsonb_build_object('median', g.run[1], 'p95', g.run[2])) as times
    from grouped g
  )
  select jsonb_agg(shown.times || jsonb_build_object('at', public.wire_instant(shown.at), 'workflow_id', shown.definition_id,
      'source', shown.measured_source, 'first', public.wire_instant(shown.first), 'name', d.name,
      'is_visible', shown.definition_id is not null
        and public.may_see_definition(p_role, p_tenant_id, p_user_id, shown.definition_id),
      'completed', shown.completed, 'failed', shown.failed) order by shown.place)
      filter (where shown.is_now and (shown.definition_id is null or shown.place <= p_max_workflows)),
    jsonb_agg(shown.times) filter (where not shown.is_now and num_nonnulls(shown.at, shown.definition_id, shown.measured_source) = 0
      and not exists (select from grouped g where g.measured_source is not null group by g.measured_source having sum(g.runs) > p_max_measured))
      -> 0
  into v_times, v_times_before
  from shown
  left join lateral (
    select d.name from public.workflow_definitions d
    where shown.is_now and shown.place <= p_max_workflows and d.tenant_id = p_tenant_id and d.id = shown.definition_id limit 1
  ) d on true;

  return jsonb_build_object('begin', public.wire_instant(v_begin), 'end', public.wire_instant(v_end), 'counts', v_counts,
    'times', coalesce(v_times, '[]'), 'before', v_before || coalesce(v_times_before, c_nothing));
end $$;
