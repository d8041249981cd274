-- Creates a notification of the type `notification_endpoint.test` for an endpoint. It is due now, even when the endpoint is
-- failing.
--
-- Guarantees: the Worker that asks sends it at once. If that Worker dies, the sweep does.
-- Closes the race with a Worker that plans the next probe of the endpoint: both lock the endpoint.
--
-- Answers {"result": {"delivery"}}, or "refused": see `lock_and_judge_endpoint_sending`.
create or replace function public.send_test_notification(p_context jsonb, p_endpoint_id uuid, p_delivery_id uuid)
returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the endpoint, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_endpoint_sending(p_context, p_endpoint_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_now timestamptz;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  -- The columns have milliseconds, and would round it up, into the future.
  v_now := date_trunc('milliseconds', clock_timestamp());

  -- 2. Create the notification.
  insert into public.notifications
    (id, tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at, asked_at)
  values (p_delivery_id, v_tenant_id, p_endpoint_id, p_delivery_id::text, 'notification_endpoint.test', v_now,
    jsonb_build_object('endpoint_id', p_endpoint_id), v_now, v_now);
  update public.notification_endpoints e set probe_at = v_now where e.id = p_endpoint_id and e.probe_at > v_now;
  perform public.audit_act(p_context, v_tenant_id, 'notification_endpoint.tested', 'notification_endpoint', p_endpoint_id,
    jsonb_build_object('delivery_id', p_delivery_id));
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('delivery', public.delivery_response(p_delivery_id))),
    '{"others": true, "notifies": true}');
end $$;
