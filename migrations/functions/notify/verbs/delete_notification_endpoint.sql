-- Deletes an endpoint. From then on nobody sees its notifications, and none is sent. The exception is what a Worker is claiming or sending at
-- that moment: it is still sent. There may be hundreds of thousands of notifications, so the sweep deletes them in chunks: see `finish_deletions`.
--
-- Closes the race with a Worker that records what it has sent: both lock the endpoint.
--
-- Answers {"result": {}}, or "refused": see `lock_and_judge_endpoint`.
create or replace function public.delete_notification_endpoint(p_context jsonb, p_endpoint_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the endpoint, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_endpoint(p_context, p_endpoint_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_before jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;

  -- 2. Delete it.
  v_before := public.audited('notification_endpoint', p_endpoint_id);
  delete from public.notification_endpoints e where e.id = p_endpoint_id;
  insert into public.deleted_endpoints (id, tenant_id, deleted_at) values (p_endpoint_id, v_tenant_id, clock_timestamp());
  perform public.audit_change(
    p_context, v_tenant_id, 'notification_endpoint.deleted', 'notification_endpoint', p_endpoint_id, v_before);
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}', '{"others": true}');
end $$;
