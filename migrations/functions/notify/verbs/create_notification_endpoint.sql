-- Creates an endpoint of the caller's tenant. `p_content` is {"format", "url", "address_hash": null unless it is a chat,
-- "description", "event_types", "workflow_definition_ids", "labels", "turns": each null for all, "secret_encrypted"}.
--
-- Guarantees: a tenant has at most 50 endpoints, so an event creates at most 50 notifications.
-- Closes the race between two requests that create the last allowed one: both lock the tenant's row.
-- Idempotent: called again with the same `p_endpoint_id`, it answers the endpoint that the first call created, with
-- "is_new": false.
--
-- Answers {"result": {"endpoint", "is_new"}}, or "refused": id_taken (by another tenant, or by one that was deleted), too_many,
-- unknown_definitions (with "ids"), turn_in_vain, and see `judge_administrator`.
create or replace function public.create_notification_endpoint(p_context jsonb, p_endpoint_id uuid, p_content jsonb)
returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  c_max_endpoints constant integer := 50;
  v_judged jsonb;
  v_tenant_id uuid;
  v_unknown jsonb;
  v_is_new boolean;
begin
  -- 1. Lock the tenant, and judge the caller.
  perform t.id
  from public.tenants t
  where t.id = (
    select caller.tenant_id from public.find_caller(p_context -> 'caller') caller where public.is_administrator(caller.role))
  for no key update;
  v_judged := public.judge_administrator(p_context -> 'caller');
  v_tenant_id := v_judged ->> 'tenant_id';
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;

  -- 2. Create the endpoint, unless an earlier call has done so.
  if exists (select from public.notification_endpoints e where e.id = p_endpoint_id and e.tenant_id <> v_tenant_id)
    or exists (select from public.deleted_endpoints gone where gone.id = p_endpoint_id) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "id_taken"}');
  end if;
  v_is_new := not exists (select from public.notification_endpoints e where e.id = p_endpoint_id);
  if v_is_new then
    v_unknown := public.unknown_definitions(v_tenant_id, p_content -> 'workflow_definition_ids');
    if v_unknown is not null then
      return public.answer_of(p_context, v_tenant_id,
        jsonb_build_object('refused', 'unknown_definitions', 'ids', v_unknown));
    end if;
    if public.has_turn_in_vain(public.json_texts(p_content -> 'turns'), public.json_texts(p_content -> 'event_types')) then
      return public.answer_of(p_context, v_tenant_id, '{"refused": "turn_in_vain"}');
    end if;
    if (select count(*) from public.notification_endpoints e where e.tenant_id = v_tenant_id) >= c_max_endpoints then
      return public.answer_of(p_context, v_tenant_id, '{"refused": "too_many"}');
    end if;
    insert into public.notification_endpoints
      (id, tenant_id, format, url, address_hash, description, event_types, workflow_definition_ids, labels, turns, secret_encrypted,
       paced_until)
    values (p_endpoint_id, v_tenant_id, coalesce(p_content ->> 'format', 'standard'), p_content ->> 'url',
      p_content ->> 'address_hash', p_content ->> 'description', public.json_texts(p_content -> 'event_types'),
      case when p_content ->> 'workflow_definition_ids' is not null
        then public.json_uuids(p_content -> 'workflow_definition_ids') end,
      public.json_texts(p_content -> 'labels'), public.json_texts(p_content -> 'turns'), p_content ->> 'secret_encrypted',
      public.pause_of_address(v_tenant_id, p_content ->> 'address_hash'));
    perform public.audit_change(
      p_context, v_tenant_id, 'notification_endpoint.created', 'notification_endpoint', p_endpoint_id, null);
  end if;
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object(
      'endpoint', public.endpoint_response(p_endpoint_id), 'is_new', v_is_new)),
    case when v_is_new then '{"others": true}'::jsonb end);
end $$;
