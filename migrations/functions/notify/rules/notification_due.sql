-- When notifications are due.
--
-- An endpoint that has failed five times in a row has a `probe_at`. At that time it gets one notification; all others wait,
-- however long they have been due. A chat is not sent anything before its `paced_until`. A new notification is sent at once by the Worker
-- whose request caused it. So for this file it is due only some seconds later: if that Worker has died, the alarm of the hub or the cron's
-- sweep then sends it.

-- Until when an endpoint has to wait, whatever is due for it: null when nothing is in the way.
create or replace function public.endpoint_opens_at(e public.notification_endpoints) returns timestamptz
language sql immutable as $$
  select greatest(e.probe_at, e.paced_until)
$$;

-- How long a format has its endpoints wait between two messages to the same address; null when it does not. Slack takes one a second:
-- https://docs.slack.dev/apis/web-api/rate-limits
create or replace function public.pace_of(p_format text) returns interval
language sql immutable as $$
  select case p_format when 'slack' then interval '1 second' end
$$;

-- Has all endpoints of a tenant with the same address wait until an instant. The caller must hold their locks: see `lock_address`.
create or replace function public.pace_address(p_tenant_id uuid, p_address_hash text, p_until timestamptz) returns void
language plpgsql as $$
begin
  update public.notification_endpoints e
  set paced_until = greatest(e.paced_until, p_until)
  where e.tenant_id = p_tenant_id and e.address_hash = p_address_hash;
end $$;

-- Until when an endpoint that gets this address has to wait, since others of the tenant have it already. Null for none.
create or replace function public.pause_of_address(p_tenant_id uuid, p_address_hash text) returns timestamptz
language plpgsql stable as $$
begin
  return (
    select max(e.paced_until) from public.notification_endpoints e where e.tenant_id = p_tenant_id and e.address_hash = p_address_hash);
end $$;

-- Locks an endpoint, and all others of its tenant with the same address, in the order of their ids.
create or replace function public.lock_address(p_endpoint_id uuid) returns void
language plpgsql as $$
declare
  v_tenant_id uuid;
  v_address_hash text;
begin
  select e.tenant_id, e.address_hash into v_tenant_id, v_address_hash
  from public.notification_endpoints e
  where e.id = p_endpoint_id;
  perform e.id
  from public.notification_endpoints e
  where e.tenant_id = v_tenant_id and (e.id = p_endpoint_id or e.address_hash = v_address_hash)
  order by e.id
  for no key update;
end $$;

-- The endpoints of all tenants with a notification that was neither delivered nor given up, also those that are disabled. It jumps from one to
-- the next: those that have none are not looked at.
create or replace function public.endpoints_in_wait() returns table (id uuid)
language sql stable as $$
  with recursive endpoint (id) as (
    (select n.endpoint_id from public.notifications n where n.next_try_at is not null order by n.endpoint_id limit 1)
    union all
    select next.endpoint_id
    from endpoint
    cross join lateral (
      select n.endpoint_id from public.notifications n
      where n.next_try_at is not null and n.endpoint_id > endpoint.id
      order by n.endpoint_id limit 1) next
  )
  select endpoint.id from endpoint
$$;

-- The endpoints of a tenant with a notification that is due now. Endpoints and notifications that are set aside do not count.
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
      and coalesce(public.endpoint_opens_at(e) <= v_now, true)
      and exists (
        select from public.notifications n where n.endpoint_id = e.id and n.next_try_at <= v_now
          and (select true from public.set_aside s
            where s.step = 'notifications' and s.row_id in (n.id, n.endpoint_id) and s.until > v_now limit 1) is null));
end $$;

-- Locks up to `p_limit` due notifications of an endpoint, and returns their ids: those that a person asked for, the last one first, then those
-- that have been due longest. Each of the two parts comes from an index in its order, so the cost does not grow with how many are due.
-- Sorting is switched off: a planner that expects few due ones would read and sort all of them. Rows that others have locked are skipped.
create or replace function public.due_notifications(
  p_endpoint_id uuid, p_now timestamptz, p_limit integer, p_only uuid[], p_except uuid[]
) returns uuid[]
language plpgsql set enable_sort = off as $$
declare
  v_asked_ids constant uuid[] := array(
    select n.id
    from public.notifications n
    where n.endpoint_id = p_endpoint_id and n.asked_at is not null and n.next_try_at <= p_now
      and public.takes(n.id, p_only, p_except)
    order by n.asked_at desc
    limit p_limit
    for update skip locked);
begin
  return v_asked_ids || array(
    select n.id
    from public.notifications n
    where n.endpoint_id = p_endpoint_id and n.asked_at is null and n.next_try_at <= p_now
      and public.takes(n.id, p_only, p_except)
    order by n.next_try_at
    limit p_limit - cardinality(v_asked_ids)
    for update skip locked);
end $$;

-- When a notification of this endpoint is due next; null when none is waiting. `p_probe_at` is when the endpoint opens. A notification
-- that has found it closed is sent as soon as it opens. One that is set aside is left out.
create or replace function public.endpoint_due_at(p_endpoint_id uuid, p_probe_at timestamptz) returns timestamptz
language plpgsql as $$
begin
  return (
    select greatest(
      p_probe_at, n.next_try_at + case
        when n.try_count > 0 or p_probe_at > n.next_try_at then interval '0' else interval '5 seconds' end)
    from public.notifications n
    where n.endpoint_id = p_endpoint_id and n.next_try_at is not null
      and (select true from public.set_aside s
        where s.step = 'notifications' and s.row_id in (n.id, n.endpoint_id) and s.until > statement_timestamp() limit 1) is null
    order by n.next_try_at
    limit 1);
end $$;

-- When a notification of the tenant is due next; null when none is waiting.
create or replace function public.notifications_due_at(p_tenant_id uuid) returns timestamptz
language plpgsql as $$
begin
  return (
    select min(public.endpoint_due_at(e.id, public.endpoint_opens_at(e)))
    from public.notification_endpoints e
    where e.tenant_id = p_tenant_id and e.disabled_at is null);
end $$;
