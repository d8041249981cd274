-- Claims up to `p_limit` due notifications of an endpoint: until the claim is over, nobody else sends them. Notifications
-- that a person asked for come first, then those that have been due longest. An endpoint whose last try failed gets one at a
-- time. One that has failed five times in a row gets only a probe, when that is due. A chat that takes one message at a time gets one,
-- and the others wait until its pause is over.
--
-- Guarantees: a due notification is claimed by one caller at a time, and is due again when that caller dies.
-- Closes the race between two callers: each skips rows that the other has locked, and only one of them gets the probe. Endpoints with
-- the same address of a chat are locked together, so they share its pause.
--
-- For `p_only` and `p_lists` see shared/rules/set_aside.sql.
--
-- Answers {"result": {"endpoint", "notifications", "claimed_at", "is_probe"}}, or {"result": {"notifications": []}}:
-- - endpoint: {"id", "format", "url", "address_hash", "secret_encrypted", "previous_secret_encrypted"}; the last one is null unless it
--   still signs. The secret of a chat is its address.
-- - notifications: [{"id", "event_id", "event_name", "event_at", "data", "try_count", "claimed_until", "is_asked"}]; `is_asked`: a person
--   asked for it
create or replace function public.claim_notifications(
  p_context jsonb, p_endpoint_id uuid, p_limit integer, p_only uuid[] default null, p_lists boolean default false
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_except constant uuid[] := public.set_aside_by('notifications');
  v_now timestamptz := clock_timestamp();
  v_tenant_id uuid;
  v_failures integer;
  v_probe_at timestamptz;
  v_opens_at timestamptz;
  v_pace interval;
  v_address_hash text;
  v_endpoint jsonb;
  v_limit integer := p_limit;
  v_ids uuid[];
  v_claimed jsonb;
begin
  select public.pace_of(e.format) into v_pace from public.notification_endpoints e where e.id = p_endpoint_id;
  if v_pace is not null then
    perform public.lock_address(p_endpoint_id);
    v_now := clock_timestamp();
  end if;
  -- Read here with the rest: if the endpoint is deleted before the claim below, its last notifications are still sent to it.
  select e.tenant_id, e.failures, e.probe_at, e.address_hash, public.endpoint_opens_at(e), jsonb_build_object(
    'id', e.id, 'format', e.format, 'url', e.url, 'address_hash', e.address_hash, 'secret_encrypted', e.secret_encrypted,
    'previous_secret_encrypted', case when e.previous_secret_until > v_now then e.previous_secret_encrypted end)
  into v_tenant_id, v_failures, v_probe_at, v_address_hash, v_opens_at, v_endpoint
  from public.notification_endpoints e
  where e.id = p_endpoint_id and e.disabled_at is null;
  if v_tenant_id is null or v_opens_at > v_now or p_endpoint_id = any (v_except) then
    return public.answer_of(p_context, v_tenant_id, case when p_lists then '{"result": {"candidates": []}}'::jsonb
      else '{"result": {"notifications": []}}' end);
  end if;
  if v_failures > 0 or v_pace is not null then
    v_limit := 1;
  end if;
  if p_lists then
    return public.candidates_of(p_context, public.due_notifications(p_endpoint_id, v_now, v_limit, p_only, v_except));
  end if;
  if v_probe_at is not null then
    update public.notification_endpoints e
    set probe_at = v_now + public.claim_time()
    where e.id = p_endpoint_id and e.probe_at <= v_now and exists (
      select from public.notifications n where n.endpoint_id = e.id and n.next_try_at <= v_now
        and public.takes(n.id, p_only, v_except));
    if not found then
      return public.answer_of(p_context, v_tenant_id, '{"result": {"notifications": []}}');
    end if;
  end if;

  v_ids := public.due_notifications(p_endpoint_id, v_now, v_limit, p_only, v_except);
  with claimed as (
    update public.notifications n
    set next_try_at = v_now + public.claim_time(), try_count = n.try_count + 1
    where n.id = any (v_ids)
    returning n.*
  )
  select jsonb_agg(jsonb_build_object(
    'id', claimed.id, 'event_id', claimed.event_id, 'event_name', claimed.event_name,
    'event_at', public.wire_instant(claimed.event_at), 'data', claimed.data, 'try_count', claimed.try_count,
    'claimed_until', public.wire_instant(claimed.next_try_at), 'is_asked', claimed.asked_at is not null)
    order by array_position(v_ids, claimed.id))
  into v_claimed
  from claimed;
  if v_claimed is null then
    return public.answer_of(p_context, v_tenant_id, '{"result": {"notifications": []}}');
  end if;
  if v_pace is not null then
    perform public.pace_address(v_tenant_id, v_address_hash, v_now + v_pace);
  end if;
  return public.answer_of(p_context, v_tenant_id, jsonb_build_object('result', jsonb_build_object(
    'claimed_at', public.wire_instant(v_now), 'is_probe', v_probe_at is not null, 'notifications', v_claimed, 'endpoint', v_endpoint)),
    -- If the Worker dies, the hub starts sending the rest when the claim is over.
    '{"is_due": true}');
end $$;
