-- A notification as the API shows it. Its next try is not before its endpoint opens, however long it has been due itself.
create or replace function public.delivery_response(p_notification_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object(
      'id', n.id, 'event_id', n.event_id, 'type', n.event_name, 'run_id', n.data -> 'run_id',
      'state', case
        when n.next_try_at is not null then 'WAITING' when n.delivered_at is not null then 'DELIVERED' else 'FAILED' end,
      'created_at', public.wire_instant(n.created_at), 'delivered_at', public.wire_instant(n.delivered_at),
      'next_try_at', public.wire_instant(case when n.next_try_at is not null then greatest(n.next_try_at, public.endpoint_opens_at(e)) end),
      'tries', n.tries)
    from public.notifications n
    join public.notification_endpoints e on e.id = n.endpoint_id
    where n.id = p_notification_id);
end $$;
