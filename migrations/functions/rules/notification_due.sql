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
