-- Gives an endpoint a new secret. For 24 hours, notifications are signed with both secrets, so that the two sides need not
-- change it at the same instant.
--
-- Answers {"tenant_id", and either "endpoint" or "refused"} (see `judge_endpoint_change`).
create or replace function public.rotate_notification_secret(
  p_credential jsonb, p_endpoint_id uuid, p_secret_encrypted text
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb := public.judge_endpoint_change(p_credential, p_endpoint_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  update public.notification_endpoints e
  set previous_secret_encrypted = e.secret_encrypted, previous_secret_until = clock_timestamp() + interval '24 hours',
    secret_encrypted = p_secret_encrypted, updated_at = clock_timestamp()
  where e.id = p_endpoint_id;
  return v_judged || jsonb_build_object('endpoint', public.endpoint_response(p_endpoint_id));
end $$;
