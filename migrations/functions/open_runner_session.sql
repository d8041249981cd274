-- Opens a session of a runner for 24 hours, with a runner key or with a key of an OWNER or ADMIN. A null `p_definition_ids`
-- means all definitions that the key may lease. It also deletes sessions of the tenant that expired at least a day ago and hold
-- no run.
--
-- Answers {"tenant_id", "expires_at", "workflow_definition_ids": null for all}, or "refused": unauthenticated, forbidden (the
-- key of a USER), definitions (with "ids": those that do not exist, or that the key may not lease)
create or replace function public.open_runner_session(
  p_credential jsonb, p_session_id uuid, p_name text, p_definition_ids uuid[], p_capacity integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  c_lifetime constant interval := '24 hours';
  c_forgotten_at_once constant integer := 100;
  v_now constant timestamptz := statement_timestamp();
  v_api_key_id uuid;
  v_tenant_id uuid;
  v_key_definition_ids uuid[];
  v_is_administrator boolean;
  v_unknown_ids uuid[];
begin
  select holder.api_key_id, holder.tenant_id, holder.workflow_definition_ids, holder.is_administrator
  into v_api_key_id, v_tenant_id, v_key_definition_ids, v_is_administrator
  from public.find_key_holder(decode(p_credential ->> 'api_key_hash', 'hex'), null) holder;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  if not v_is_administrator then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'forbidden');
  end if;
  select array_agg(named.id) into v_unknown_ids
  from unnest(p_definition_ids) named (id)
  where not public.covers_definition(v_key_definition_ids, named.id)
    or not exists (
      select from public.workflow_definitions d where d.tenant_id = v_tenant_id and d.id = named.id);
  if v_unknown_ids is not null then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'definitions', 'ids', v_unknown_ids);
  end if;

  delete from public.runner_sessions s
  where s.id in (
    select expired.id
    from public.runner_sessions expired
    where expired.tenant_id = v_tenant_id and expired.expires_at < v_now - interval '1 day'
      and not exists (select from public.running_attempts a where a.session_id = expired.id)
    limit c_forgotten_at_once
    for update skip locked);
  insert into public.runner_sessions (id, tenant_id, api_key_id, name, workflow_definition_ids, capacity, expires_at)
  values (p_session_id, v_tenant_id, v_api_key_id, p_name, p_definition_ids, p_capacity, v_now + c_lifetime);
  return jsonb_build_object('tenant_id', v_tenant_id, 'expires_at', public.wire_instant(v_now + c_lifetime),
    'workflow_definition_ids', coalesce(p_definition_ids, v_key_definition_ids));
end $$;
