-- Gives an endpoint a new secret. For 24 hours, notifications are signed with both secrets, so that the two sides need not
-- change it at the same instant.
--
-- Closes the race with another change of the endpoint: both lock it.
-- With `p_seen_at`, the `updated_at` that the caller has seen, a request that is sent again changes nothing.
--
-- Answers {"result": {"endpoint"}}, or "refused": changed (since `p_seen_at`), not_signed (a chat: its secret is its address), and see
-- `lock_and_judge_endpoint`.
create or replace function public.rotate_notification_secret(
  p_context jsonb, p_endpoint_id uuid, p_secret_encrypted text, p_seen_at text default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the endpoint, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_endpoint(p_context, p_endpoint_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_now timestamptz;
  v_before jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  if exists (select from public.notification_endpoints e where e.id = p_endpoint_id and e.format <> 'standard') then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "not_signed"}');
  end if;
  if p_seen_at <> (select public.wire_instant(e.updated_at) from public.notification_endpoints e where e.id = p_endpoint_id) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "changed"}');
  end if;
  v_now := clock_timestamp();

  -- 2. Replace the secret.
  v_before := public.audited('notification_endpoint', p_endpoint_id);
  update public.notification_endpoints e
  set previous_secret_encrypted = e.secret_encrypted, previous_secret_until = v_now + interval '24 hours',
    secret_encrypted = p_secret_encrypted, updated_at = v_now
  where e.id = p_endpoint_id;
  perform public.audit_change(
    p_context, v_tenant_id, 'notification_endpoint.secret_rotated', 'notification_endpoint', p_endpoint_id, v_before);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('endpoint', public.endpoint_response(p_endpoint_id))),
    '{"others": true}');
end $$;
