-- Creates a notification of the type `notification_endpoint.test` for an endpoint. It is due now, even when the endpoint is
-- failing.
--
-- Answers {"tenant_id", and either "delivery" or "refused"} (see `judge_endpoint_sending`).
create or replace function public.send_test_notification(p_credential jsonb, p_endpoint_id uuid, p_delivery_id uuid)
returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb := public.judge_endpoint_sending(p_credential, p_endpoint_id);
  v_now timestamptz := date_trunc('milliseconds', statement_timestamp());
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  insert into public.notifications
    (id, tenant_id, endpoint_id, event_id, event_name, event_at, data, next_try_at, asked_at)
  values (p_delivery_id, (v_judged ->> 'tenant_id')::uuid, p_endpoint_id, p_delivery_id::text,
    'notification_endpoint.test', v_now, jsonb_build_object('endpoint_id', p_endpoint_id), v_now, v_now);
  update public.notification_endpoints e set probe_at = v_now where e.id = p_endpoint_id and e.probe_at > v_now;
  return v_judged || jsonb_build_object('delivery', public.delivery_response(p_delivery_id));
end $$;
