-- Gives a tenant a class of limits: 'default' or 'large'; null keeps the class. The numbers of the rate limits are in wrangler.toml, and an
-- isolate knows the class from its next call of `note_uses`, within an hour. The caps are in `caps.sql`, and hold from now on. `p_caps` are
-- caps of the tenant's own, which go before those of its class: {"definitions": 5000}. A cap of null is that of the class again.
--
-- There is no caller: only the operator's script calls it, and its proof is the connection to the database, as in a sweep.
--
-- Answers {"result": {"name": of the tenant, "before": the class that it had, "limits": the one that it has, "caps": its own}}, or {"refused"}: not_found.
create or replace function public.set_limits(p_context jsonb, p_tenant_id uuid, p_limits text, p_caps jsonb default null) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_name text;
  v_before text;
  v_limits text;
  v_caps jsonb;
begin
  select t.name, t.limits into v_name, v_before from public.tenants t where t.id = p_tenant_id for no key update;
  if v_name is null then
    return public.answer_of(p_context, null, jsonb_build_object('refused', 'not_found'));
  end if;
  update public.tenants t
  set limits = coalesce(p_limits, t.limits), caps = jsonb_strip_nulls(t.caps || coalesce(p_caps, '{}'))
  where t.id = p_tenant_id
  returning t.limits, t.caps into v_limits, v_caps;
  return public.answer_of(p_context, p_tenant_id, jsonb_build_object('result', jsonb_build_object(
    'name', v_name, 'before', v_before, 'limits', v_limits, 'caps', v_caps)));
end $$;
