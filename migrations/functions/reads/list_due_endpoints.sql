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
      where e.disabled_at is null and coalesce(public.endpoint_opens_at(e) <= v_now, true)
      order by waiting.next_try_at
      limit p_limit
    ) due));
end $$;
