-- One endpoint of the caller's tenant.
-- Answers {"tenant_id", and either "endpoint" or "refused"} (see `judge_endpoint_read`)
create or replace function public.find_notification_endpoint(p_credential jsonb, p_endpoint_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb := public.judge_endpoint_read(p_credential, p_endpoint_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return v_judged || jsonb_build_object('endpoint', public.endpoint_response(p_endpoint_id));
end $$;
