-- Makes a notification due now, with the same id, whatever its state. If it fails, it is tried eight times again.
--
-- Guarantees: the Worker that asks sends it at once, even when the endpoint is failing. If that Worker dies, the sweep does.
-- Closes the race with a Worker that records what it has sent: both lock the endpoint. The result of a try from before changes
-- nothing, since it names the end of its claim, and the claim of the try that was asked for ends at another instant.
--
-- Answers {"result": {"delivery"}}, or "refused": no_delivery, and see `lock_and_judge_endpoint_sending`.
create or replace function public.resend_delivery(p_context jsonb, p_endpoint_id uuid, p_delivery_id uuid) returns jsonb
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

  -- 2. Make it due now.
  update public.notifications n
  set next_try_at = v_now, asked_at = v_now, try_count = 0
  where n.id = p_delivery_id and n.endpoint_id = p_endpoint_id;
  if not found then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "no_delivery"}');
  end if;
  update public.notification_endpoints e set probe_at = v_now where e.id = p_endpoint_id and e.probe_at > v_now;
  perform public.audit_act(p_context, v_tenant_id, 'notification_endpoint.notification_resent', 'notification_endpoint', p_endpoint_id,
    jsonb_build_object('delivery_id', p_delivery_id));
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('delivery', public.delivery_response(p_delivery_id))),
    '{"others": true, "notifies": true}');
end $$;
