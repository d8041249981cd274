-- Up to `p_limit` endpoints of all tenants to which something can be sent now. They come in rounds, from `p_after` on: see
-- `next_in_round`. There may be some whose notification another Worker is just about to send: a claim gives each notification to one Worker only.
-- Answers {"endpoint_ids", "after": the position from which the next call goes on}.
create or replace function public.list_due_endpoints(p_limit integer, p_after uuid default null) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz := clock_timestamp();
  v_ids uuid[];
  v_after uuid;
begin
  select next.ids, next.after into v_ids, v_after from public.next_in_round('notifications', p_after, v_now, p_limit) next;
  return jsonb_build_object('after', v_after, 'endpoint_ids', coalesce((
    select jsonb_agg(e.id)
    from public.notification_endpoints e
    where e.id = any (v_ids) and e.id <> all (public.set_aside_by('notifications')) and e.disabled_at is null and coalesce(public.endpoint_opens_at(e) <= v_now, true)), '[]'));
end $$;
