-- When notifications are due.
--
-- An endpoint that has failed five times in a row has a `probe_at`. At that time it gets one notification; all others wait,
-- however long they have been due. A new notification is sent at once by the Worker whose request caused it. So for this file
-- it is due only some seconds later: if that Worker has died, the alarm of the hub or the cron's sweep then sends it.

-- The endpoints of a tenant to which something can be sent now.
create or replace function public.due_endpoints(p_tenant_id uuid) returns uuid[]
language plpgsql as $$
declare
  -- A variable, since a comparison with the volatile function itself could not use an index.
  v_now constant timestamptz := clock_timestamp();
begin
  return array(
    select e.id
    from public.notification_endpoints e
    where e.tenant_id = p_tenant_id and e.disabled_at is null
      and (e.probe_at is null or e.probe_at <= v_now)
      and exists (
        select from public.notifications n where n.endpoint_id = e.id and n.next_try_at <= v_now));
end $$;

-- When a notification of this endpoint is due next; null when none is waiting.
create or replace function public.endpoint_due_at(p_endpoint_id uuid, p_probe_at timestamptz) returns timestamptz
language plpgsql as $$
begin
  return (
    select greatest(
      p_probe_at, n.next_try_at + case when n.try_count = 0 then interval '5 seconds' else interval '0' end)
    from public.notifications n
    where n.endpoint_id = p_endpoint_id and n.next_try_at is not null
    order by n.next_try_at
    limit 1);
end $$;

-- When a notification of the tenant is due next; null when none is waiting.
create or replace function public.notifications_due_at(p_tenant_id uuid) returns timestamptz
language plpgsql as $$
begin
  return (
    select min(public.endpoint_due_at(e.id, e.probe_at))
    from public.notification_endpoints e
    where e.tenant_id = p_tenant_id and e.disabled_at is null);
end $$;

-- Up to `p_limit` endpoints of all tenants to which something can be sent now. Those that have waited longest come first. There
-- may be some whose notification another Worker is just about to send: a claim gives each notification to one Worker only.
-- Answers {"endpoint_ids"}.
create or replace function public.list_due_endpoints(p_limit integer) returns jsonb
language plpgsql as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  return jsonb_build_object('endpoint_ids', (
    select coalesce(jsonb_agg(due.id), '[]')
    from (
      select e.id
      from public.notification_endpoints e
      cross join lateral (
        select n.next_try_at from public.notifications n
        where n.endpoint_id = e.id and n.next_try_at <= v_now
        order by n.next_try_at
        limit 1
      ) waiting
      where e.disabled_at is null and (e.probe_at is null or e.probe_at <= v_now)
      order by waiting.next_try_at
      limit p_limit
    ) due));
end $$;

-- Deletes up to `p_limit` notifications that are older than 30 days and are not waiting to be sent. Answers {"deleted"}.
create or replace function public.delete_old_notifications(p_limit integer) returns jsonb
language plpgsql as $$
declare
  v_before constant timestamptz := clock_timestamp() - interval '30 days';
  v_deleted integer;
begin
  with old as (
    select n.id
    from public.notifications n
    where n.created_at < v_before
      and (n.next_try_at is null or not exists (
        select from public.notification_endpoints e where e.id = n.endpoint_id))
    order by n.created_at
    limit p_limit
    for update skip locked
  ), deleted as (
    delete from public.notifications n using old where n.id = old.id returning n.id
  )
  select count(*) into v_deleted from deleted;
  return jsonb_build_object('deleted', v_deleted);
end $$;

-- Seconds to wait after the first, second, … failed try: 5 s, 5 min, 30 min, 2 h, 5 h, and then always 10 h. Each is randomly
-- changed by up to ±20 %, so that notifications that failed together are not retried together.
create or replace function public.notification_delay_seconds(p_failed_tries integer) returns float8
language sql volatile as $$
  select (array[5, 300, 1800, 7200, 18000, 36000])[least(greatest(p_failed_tries, 1), 6)] * (0.8 + 0.4 * random())
$$;
