-- The endpoints of the caller's tenant, newest first.
-- Answers {"tenant_id", and either "items" and "total", or "refused"} (see `judge_administrator`).
create or replace function public.list_notification_endpoints(p_credential jsonb, p_limit integer, p_offset bigint)
returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb := public.judge_administrator(p_credential);
  v_tenant_id uuid := v_judged ->> 'tenant_id';
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return v_judged || jsonb_build_object(
    'items', (
      select coalesce(jsonb_agg(public.endpoint_response(page.id) order by page.created_at desc, page.id desc), '[]')
      from (
        select e.id, e.created_at
        from public.notification_endpoints e
        where e.tenant_id = v_tenant_id
        order by e.created_at desc, e.id desc
        limit p_limit offset p_offset
      ) page),
    'total', (select count(*) from public.notification_endpoints e where e.tenant_id = v_tenant_id));
end $$;
