-- What was counted of the `p_most` workflows of a tenant with the most runs, and how many runs wait now, of each of them and of all others:
-- {"shown": [{"id", "name", "runs", "failures", "seconds", "buckets", "waiting", "oldest_waiting_seconds"}], "others_waiting",
-- "others_oldest_waiting_seconds"}. A run waits when it may start as soon as its workflow has room, or a runner asks for it; a delayed one
-- does not wait yet, and one of a paused workflow waits for whoever paused it. Its cost depends on the number of waiting runs, and not on
-- that of all workflows or runs.
create or replace function public.workflow_metrics_json(p_tenant_id uuid, p_most integer, p_now timestamptz) returns jsonb
language sql stable as $$
  with shown as materialized (
    select d.id, d.name, w.runs, w.failures, w.seconds, w.buckets
    from (
      select m.* from public.workflow_metrics m
      where m.tenant_id = p_tenant_id
      order by m.runs desc, m.workflow_definition_id
      limit p_most
    ) w
    join public.workflow_definitions d on d.id = w.workflow_definition_id
  ), waiting as materialized (
    select r.workflow_definition_id as id, count(*) as runs,
      greatest(extract(epoch from p_now - min(r.updated_at)), 0)::float8 as oldest_seconds
    from public.workflow_runs r
    join public.workflow_definitions d on d.id = r.workflow_definition_id and d.is_active
    where r.tenant_id = p_tenant_id and r.status = 'PENDING' and r.queue_position is not null
      and public.is_unexpired(r.deadline_at, p_now)
    group by r.workflow_definition_id
  ), others as (
    select sum(w.runs) as runs, max(w.oldest_seconds) as oldest_seconds
    from waiting w where w.id not in (select s.id from shown s)
  )
  select jsonb_build_object(
    'shown', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'id', s.id, 'name', s.name, 'runs', s.runs, 'failures', s.failures, 'seconds', s.seconds, 'buckets', s.buckets,
        'waiting', coalesce(w.runs, 0), 'oldest_waiting_seconds', coalesce(w.oldest_seconds, 0)) order by s.runs desc, s.id), '[]')
      from shown s left join waiting w on w.id = s.id),
    'others_waiting', coalesce(o.runs, 0), 'others_oldest_waiting_seconds', coalesce(o.oldest_seconds, 0))
  from others o;
$$;
