-- What a tenant has of each cap, for its OWNER and ADMINs: {"limits": its class, "caps": [{"cap", "used", "limit"}]}, in the order of
-- `caps.sql`. It counts, so it is exact. Or {"refused"}: see `judge_administrator`, or tenant_not_found when it is not the caller's.
create or replace function public.tenant_use(p_credential jsonb, p_tenant_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.judge_administrator(p_credential);
begin
  if (v_judged ->> 'tenant_id')::uuid <> p_tenant_id then
    return v_judged || '{"refused": "tenant_not_found"}';
  end if;
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return (
    select v_judged || jsonb_build_object('limits', t.limits, 'caps', jsonb_agg(jsonb_build_object(
      'cap', given.cap, 'used', counted.amount, 'limit', public.cap_of(t.limits, t.caps, given.cap)) order by given.place))
    from public.tenants t
    cross join unnest(array['definitions', 'path_parts', 'waiting_runs', 'artifact_bytes', 'sign_in_sessions'])
      with ordinality given (cap, place)
    cross join lateral public.count_for_cap(t.id, given.cap) counted
    where t.id = p_tenant_id
    group by t.id);
end $$;
