-- Counts what has happened in a tenant, for an administrator, and answers its metrics: gauges of the current state, and counters that
-- never decrease.
--
-- The counters are stored in a table. Each call adds the events of the feed since the previous call, up to 20,000. So its cost
-- depends on what has happened since then, and not on the number of runs. The first call begins at the end of the feed, with
-- counters of 0.
--
-- Guarantees: each event is counted exactly once, even when calls overlap or a transaction commits late: see `list_events`.
-- Closes the race between two calls: both lock the tenant's position.
--
-- Answers {"result": {"gauges", "counters", "bounds", "is_behind", "sessions", "now"}}, or "refused": see `judge_administrator`.
-- - gauges: {name: number or null}
-- - workflows: see `workflow_metrics_json`
-- - counters: [{"name", "label", "value"}]
-- - bounds: the upper bounds of the histograms' buckets in seconds, without infinity
-- - is_behind: true when some events were not counted yet, because there were too many for one call or because an older
--   transaction has not ended
-- - sessions: [{"id", "last_seen_at", "is_working"}], the sessions of runners that may lease runs, as of `now`
create or replace function public.count_metrics(p_context jsonb) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  c_max_events constant integer := 20000;
  -- So many workflows have counters of their own. What others have is counted together.
  c_most_workflows constant integer := 50;
  c_seconds constant float8[] := '{0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 86400}';
  v_oldest_running constant xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_epoch constant integer := (select e.epoch from public.event_epoch e);
  v_judged constant jsonb := public.judge_administrator(p_context -> 'caller');
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_from_epoch integer;
  v_from_xid xid8;
  v_from_id bigint;
  v_looked_at integer;
  v_now timestamptz;
begin
  -- 1. Who is the caller?
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;

  -- 2. Lock the tenant's position. The first call begins at the end of the feed.
  insert into public.metric_positions (tenant_id, epoch, xid, event_id)
  values (v_tenant_id, v_epoch, v_oldest_running, 0)
  on conflict do nothing;
  select m.epoch, m.xid, m.event_id into v_from_epoch, v_from_xid, v_from_id
  from public.metric_positions m
  where m.tenant_id = v_tenant_id
  for update;
  v_now := clock_timestamp();

  -- 3. Forget deleted workflows that would take the place of others.
  delete from public.workflow_metrics w
  where w.workflow_definition_id in (
      select m.workflow_definition_id from public.workflow_metrics m
      where m.tenant_id = v_tenant_id order by m.runs desc, m.workflow_definition_id limit c_most_workflows)
    and not exists (select from public.workflow_definitions d where d.id = w.workflow_definition_id);

  -- 4. Count the events since then, and move the position.
  with looked_at as materialized (
    select e.id, e.epoch, e.xid, e.type, e.at, e.detail, e.run_id, e.attempt, case
        when e.type = 'TRIGGERED' or public.is_end_event(e.type)
        then (
          select d.id from public.workflow_runs r join public.workflow_definitions d on d.id = r.workflow_definition_id
          where r.id = e.run_id)
      end as definition_id
    from public.workflow_run_events e
    where e.tenant_id = v_tenant_id and (e.epoch, e.xid, e.id) > (v_from_epoch, v_from_xid, v_from_id)
      and (e.epoch < v_epoch or e.xid < v_oldest_running)
    order by e.epoch, e.xid, e.id
    limit c_max_events
  ), moved as (
    update public.metric_positions m
    set epoch = last.epoch, xid = last.xid, event_id = last.id
    from (select * from looked_at order by epoch desc, xid desc, id desc limit 1) last
    where m.tenant_id = v_tenant_id
  ), ended_waits as materialized (
    select ended.kind, ended.seconds
    from looked_at e
    cross join lateral public.ended_waits(e.run_id, e.attempt, e.type, e.at) ended
    where e.type in ('STARTED', 'TIMED_OUT') and e.attempt > 1
  ), measured (name, seconds, definition_id) as (
    -- From the start of an attempt to its end.
    select 'workflow_run_duration_seconds', extract(epoch from ended.at - started.at)::float8, ended.definition_id
    from looked_at ended
    cross join lateral (
      select s.at from public.workflow_run_events s
      where s.run_id = ended.run_id and s.attempt = ended.attempt and s.type = 'STARTED'
      order by s.id limit 1
    ) started
    where public.is_end_event(ended.type)
    union all
    -- From when an attempt was requested to its start.
    select 'workflow_run_wait_seconds', extract(epoch from started.at - asked.at)::float8, null
    from looked_at started
    cross join lateral (
      select a.at from public.workflow_run_events a
      where a.run_id = started.run_id and a.attempt = started.attempt and a.type in ('TRIGGERED', 'RETRIED', 'RELEASED')
      order by a.id limit 1
    ) asked
    where started.type = 'STARTED'
    union all
    -- From the end of a run by time, such as its deadline, to when that was recorded.
    select 'workflow_run_deadline_lag_seconds', (e.detail ->> 'lag_ms')::float8 / 1000, null
    from looked_at e
    where e.type in ('TIMED_OUT', 'LOST', 'STOPPED') and e.detail ? 'lag_ms'
    union all
    select 'workflow_run_suspended_seconds_' || w.kind, w.seconds, null from ended_waits w where w.seconds is not null
  ), of_workflows (id, runs, failures, seconds, buckets) as materialized (
    select e.definition_id, e.runs, e.failures, coalesce(d.seconds, 0), coalesce(d.buckets, array_fill(0::bigint, array[cardinality(c_seconds) + 1]))
    from (
      select l.definition_id, count(*) filter (where l.type = 'TRIGGERED') as runs,
        -- Among the attempts of the histogram: a run that ended before it started, or went on, is none of them.
        count(*) filter (where l.type in ('FAILED', 'TIMED_OUT', 'LOST')
          and coalesce(l.detail ->> 'failure_code', '') not in ('EXPIRED', 'WAIT_EXPIRED')) as failures
      from looked_at l where l.definition_id is not null group by l.definition_id
    ) e
    left join (
      select b.definition_id, max(b.seconds) as seconds, array_agg(b.attempts order by b.bound) as buckets
      from (
        select m.definition_id, bound.seconds as bound, sum(m.seconds) as seconds,
          count(*) filter (where m.seconds <= bound.seconds) as attempts
        from measured m, unnest(c_seconds || 'Infinity'::float8) bound (seconds)
        where m.definition_id is not null
        group by m.definition_id, bound.seconds
      ) b
      group by b.definition_id
    ) d on d.definition_id = e.definition_id
  ), shown as (
    -- Those with the most runs, as they are after this call: only the workflows of these events can have moved up.
    select c.id from (
      (select w.workflow_definition_id as id, w.runs + coalesce(o.runs, 0) as runs
        from (
          select m.workflow_definition_id, m.runs from public.workflow_metrics m
          where m.tenant_id = v_tenant_id order by m.runs desc, m.workflow_definition_id limit c_most_workflows
        ) w
        left join of_workflows o on o.id = w.workflow_definition_id)
      union
      select o.id, coalesce(w.runs, 0) + o.runs
      from of_workflows o
      left join public.workflow_metrics w on w.workflow_definition_id = o.id
    ) c
    order by c.runs desc, c.id limit c_most_workflows
  ), others (runs, failures, seconds, buckets) as materialized (
    select o.runs, o.failures, o.seconds, o.buckets from of_workflows o where o.id not in (select s.id from shown s)
  ), kept as (
    insert into public.workflow_metrics as w (workflow_definition_id, tenant_id, runs, failures, seconds, buckets)
    select o.id, v_tenant_id, o.runs, o.failures, o.seconds, o.buckets from of_workflows o
    on conflict (workflow_definition_id) do update set
      runs = w.runs + excluded.runs, failures = w.failures + excluded.failures, seconds = w.seconds + excluded.seconds,
      buckets = (select array_agg(b.before + b.more order by b.n)
        from unnest(w.buckets, excluded.buckets) with ordinality b (before, more, n))
  ), counted (name, label, value) as (
    select 'others_runs', '', sum(o.runs)::float8 from others o having count(*) > 0
    union all
    select 'others_failures', '', sum(o.failures) from others o having count(*) > 0
    union all
    select 'others_sum', '', sum(o.seconds) from others o having count(*) > 0
    union all
    select 'others_bucket', (c_seconds || 'Infinity'::float8)[b.n]::text, sum(b.attempts)
    from others o, unnest(o.buckets) with ordinality b (attempts, n)
    group by b.n
    union all
    select 'workflow_runs_ended_total', e.type, count(*)::float8
    from looked_at e
    where public.is_end_event(e.type)
    group by e.type
    union all
    select named.name, '', count(*)
    from looked_at e
    join (values
      ('TRIGGERED', 'workflow_runs_triggered_total'), ('STARTED', 'workflow_runs_started_total'),
      ('RETRIED', 'workflow_runs_retried_total'), ('DISPATCH_FAILED', 'workflow_run_dispatch_failures_total'),
      ('SUSPENDED', 'workflow_run_suspensions_total'), ('ANSWERED', 'workflow_run_questions_answered_total')
    ) named (type, name) on named.type = e.type
    group by named.name
    union all
    select 'workflow_run_waits_expired_total', w.kind, count(*) from ended_waits w where w.seconds is null group by w.kind
    union all
    select m.name || '_bucket', bound.seconds::text, count(*)
    from measured m
    join unnest(c_seconds || 'Infinity'::float8) bound (seconds) on m.seconds <= bound.seconds
    group by m.name, bound.seconds
    union all
    select m.name || '_sum', '', sum(m.seconds) from measured m group by m.name
    union all
    select m.name || '_count', '', count(*) from measured m group by m.name
  ), added as (
    insert into public.metric_counters as c (tenant_id, name, label, value)
    select v_tenant_id, counted.name, counted.label, counted.value from counted
    on conflict (tenant_id, name, label) do update set value = c.value + excluded.value
  )
  select count(*) into v_looked_at from looked_at;

  -- 5. Read the current state.
  return public.answer_of(p_context, v_tenant_id, jsonb_build_object('result', jsonb_build_object(
    'is_behind', v_looked_at = c_max_events or exists (
      select from public.workflow_run_events e
      where e.tenant_id = v_tenant_id and e.epoch = v_epoch and e.xid >= v_oldest_running
        and (e.epoch, e.xid, e.id) > (v_from_epoch, v_from_xid, v_from_id)),
    'bounds', to_jsonb(c_seconds),
    'workflows', public.workflow_metrics_json(v_tenant_id, c_most_workflows, v_now),
    'counters', (
      select coalesce(jsonb_agg(jsonb_build_object('name', c.name, 'label', c.label, 'value', c.value)), '[]')
      from public.metric_counters c where c.tenant_id = v_tenant_id),
    'gauges', (
      select jsonb_build_object(
        'pending', waiting.pending,
        'suspended', waiting.suspended,
        'running', (select count(*) from public.workflow_runs r
          where r.tenant_id = v_tenant_id and r.status = 'RUNNING'
            and public.run_ends_at(r.id, r.status, r.deadline_at) > v_now),
        'overdue', waiting.overdue + (select count(*) from public.workflow_runs r
          where r.tenant_id = v_tenant_id and r.status = 'RUNNING'
            and public.run_ends_at(r.id, r.status, r.deadline_at) <= v_now
            and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)),
        'oldest_pending_seconds', greatest(extract(epoch from v_now - waiting.oldest_at), 0)::float8,
        'dispatches_waiting', (select count(*) from public.workflow_runs r
          where r.tenant_id = v_tenant_id and r.next_dispatch_at is not null),
        'runs_leased', (select count(*) from public.running_attempts a
          where a.tenant_id = v_tenant_id and a.session_id is not null and a.ends_at > v_now),
        'artifact_bytes', (select coalesce(sum(a.bytes), 0)::float8 from public.workflow_run_artifacts a
          where a.tenant_id = v_tenant_id and a.stored_at is not null))
      -- There may be very many that are PENDING: they are read once.
      from (
        select count(*) filter (where pending.is_unexpired) as pending,
          count(*) filter (where pending.is_unexpired and pending.is_suspended) as suspended,
          count(*) filter (where not pending.is_unexpired) as overdue,
          min(pending.waits_since) filter (where pending.is_unexpired and not pending.is_suspended) as oldest_at
        from (
          select greatest(r.updated_at, r.not_before) as waits_since, public.is_unexpired(r.deadline_at, v_now) as is_unexpired,
            public.is_suspended(r.status, r.suspended_at, r.not_before, v_now) as is_suspended
          from public.workflow_runs r
          where r.tenant_id = v_tenant_id and r.status = 'PENDING'
            and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
        ) pending
      ) waiting),
    'sessions', public.open_sessions_json(v_tenant_id, null, v_now),
    'now', public.wire_instant(v_now))));
end $$;
