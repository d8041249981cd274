-- A notification as the API shows it. Its next try is not before its endpoint opens, however long it has been due itself. Of a disabled
-- endpoint, none waits: see `disable_endpoint`.
create or replace function public.delivery_response(p_notification_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object(
      'id', n.id, 'event_id', n.event_id, 'type', n.event_name, 'run_id', n.data -> 'run_id',
      'state', case
        when waiting.next_try_at is not null then 'WAITING' when n.delivered_at is not null then 'DELIVERED' else 'FAILED' end,
      'created_at', public.wire_instant(n.created_at), 'delivered_at', public.wire_instant(n.delivered_at),
      'next_try_at', public.wire_instant(
        case when waiting.next_try_at is not null then greatest(waiting.next_try_at, public.endpoint_opens_at(e)) end),
      'tries', n.tries)
    from public.notifications n
    join public.notification_endpoints e on e.id = n.endpoint_id
    cross join lateral (select case when e.disabled_at is null then n.next_try_at end as next_try_at) waiting
    where n.id = p_notification_id);
end $$;
