-- Deletes an endpoint with all its notifications, whether they were sent or not.
--
-- Answers {"tenant_id"}, and "refused" when it refuses (see `judge_endpoint_change`).
create or replace function public.delete_notification_endpoint(p_credential jsonb, p_endpoint_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb := public.judge_endpoint_change(p_credential, p_endpoint_id);
begin
  if not v_judged ? 'refused' then
    delete from public.notifications n where n.endpoint_id = p_endpoint_id;
    delete from public.notification_endpoints e where e.id = p_endpoint_id;
  end if;
  return v_judged;
end $$;
