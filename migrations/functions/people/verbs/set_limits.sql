-- Gives a tenant a class of rate limits: 'default' or 'large'. The numbers are in wrangler.toml. An isolate knows it from its next
-- call of `note_uses`, within an hour.
--
-- There is no caller: only the operator's script calls it, and its proof is the connection to the database, as in a sweep.
--
-- Answers {"result": {"name": of the tenant, "before": the class that it had}}, or {"refused"}: not_found.
create or replace function public.set_limits(p_context jsonb, p_tenant_id uuid, p_limits text) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_since constant bigint := public.last_event_id();
  v_name text;
  v_before text;
begin
  select t.name, t.limits into v_name, v_before from public.tenants t where t.id = p_tenant_id for no key update;
  if v_name is null then
    return public.answer_of(p_context, v_since, null, jsonb_build_object('refused', 'not_found'));
  end if;
  update public.tenants t set limits = p_limits where t.id = p_tenant_id;
  return public.answer_of(p_context, v_since, p_tenant_id, jsonb_build_object('result', jsonb_build_object(
    'name', v_name, 'before', v_before)));
end $$;
