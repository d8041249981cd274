-- Makes a notification due now, with the same id, whatever its state. If it fails, it is tried eight times again.
--
-- Answers {"tenant_id", and either "delivery" or "refused"} (see `judge_endpoint_sending`), where `refused` is also:
--   no_delivery
create or replace function public.resend_delivery(p_credential jsonb, p_endpoint_id uuid, p_delivery_id uuid)
returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb := public.judge_endpoint_sending(p_credential, p_endpoint_id);
  v_now timestamptz := date_trunc('milliseconds', statement_timestamp());
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  update public.notifications n
  set next_try_at = v_now, asked_at = v_now, try_count = 0
  where n.id = p_delivery_id and n.endpoint_id = p_endpoint_id;
  if not found then
    return v_judged || '{"refused": "no_delivery"}';
  end if;
  update public.notification_endpoints e set probe_at = v_now where e.id = p_endpoint_id and e.probe_at > v_now;
  return v_judged || jsonb_build_object('delivery', public.delivery_response(p_delivery_id));
end $$;
