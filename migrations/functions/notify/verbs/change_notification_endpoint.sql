-- Changes those fields of an endpoint that are in `p_changes`: "url", for a chat with its "address_hash", "description", "event_types",
-- "workflow_definition_ids", "labels", "turns" and "is_active". "format" says for which format the URL is. The number of failures is
-- reset to 0 when the endpoint gets another URL or is made active again.
--
-- With another URL the endpoint also gets another secret, `p_secret_encrypted`, and the old secret signs nothing any more: see
-- `keeps_secret`. For a chat, `p_secret_encrypted` is the address itself, and instead of the pause that the old address asked for it takes
-- part in that of the new one.
--
-- Closes the race with a Worker that records what it has sent, and with another change: all of them lock the endpoint.
-- Idempotent.
--
-- Answers {"result": {"endpoint", "has_new_secret"}}, or "refused": other_format (with "format"), unknown_definitions (with "ids"),
-- turn_in_vain, giving_up (thousands that waited when it was disabled are still to be given up, by sweeps), and see
-- `lock_and_judge_endpoint`. "has_new_secret" is also true when the same call is repeated.
create or replace function public.change_notification_endpoint(
  p_context jsonb, p_endpoint_id uuid, p_changes jsonb, p_secret_encrypted text
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- How many old notifications one call gives up.
  c_most_given_up constant integer := 2000;
  -- 1. Lock the endpoint, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_endpoint(p_context, p_endpoint_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_now timestamptz;
  v_format text;
  v_is_moved boolean;
  v_has_turn_in_vain boolean;
  v_unknown jsonb;
  v_old_ids uuid[];
  v_before jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();
  select e.format, p_changes ? 'url' and not case e.format
      when 'standard' then public.keeps_secret(e.url, p_changes ->> 'url') else e.address_hash = p_changes ->> 'address_hash' end,
    public.has_turn_in_vain(
      case when p_changes ? 'turns' then public.json_texts(p_changes -> 'turns') else e.turns end,
      coalesce(public.json_texts(p_changes -> 'event_types'), e.event_types))
  into v_format, v_is_moved, v_has_turn_in_vain
  from public.notification_endpoints e
  where e.id = p_endpoint_id;
  if (p_changes ? 'url' or p_changes ? 'format') and coalesce(p_changes ->> 'format', 'standard') <> v_format then
    return public.answer_of(p_context, v_tenant_id, jsonb_build_object('refused', 'other_format', 'format', v_format));
  end if;
  if v_has_turn_in_vain then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "turn_in_vain"}');
  end if;
  v_unknown := public.unknown_definitions(v_tenant_id, p_changes -> 'workflow_definition_ids');
  if v_unknown is not null then
    return public.answer_of(p_context, v_tenant_id,
      jsonb_build_object('refused', 'unknown_definitions', 'ids', v_unknown));
  end if;
  if p_changes -> 'is_active' = 'true' and exists (
    select from public.notification_endpoints e where e.id = p_endpoint_id and e.disabled_at is not null) then
    v_old_ids := public.due_notifications(p_endpoint_id, 'infinity', c_most_given_up + 1, null, '{}');
    if cardinality(v_old_ids) > c_most_given_up then
      return public.answer_of(p_context, v_tenant_id, '{"refused": "giving_up"}');
    end if;
  end if;

  -- 2. Change it.
  v_before := public.audited('notification_endpoint', p_endpoint_id);
  update public.notification_endpoints e
  set secret_encrypted = p_secret_encrypted, previous_secret_encrypted = null, previous_secret_until = null,
    paced_until = public.pause_of_address(v_tenant_id, p_changes ->> 'address_hash')
  where e.id = p_endpoint_id and v_is_moved;
  perform public.give_up_notifications(v_old_ids);
  if p_changes -> 'is_active' = 'true' or v_is_moved then
    update public.notification_endpoints e
    set failures = 0, failing_since = null, probe_at = null, failed_probes = 0
    where e.id = p_endpoint_id and (v_is_moved or e.disabled_at is not null);
  end if;
  update public.notification_endpoints e
  set url = coalesce(p_changes ->> 'url', e.url),
    address_hash = coalesce(p_changes ->> 'address_hash', e.address_hash),
    description = case when p_changes ? 'description' then p_changes ->> 'description' else e.description end,
    event_types = coalesce(public.json_texts(p_changes -> 'event_types'), e.event_types),
    labels = case when p_changes ? 'labels' then public.json_texts(p_changes -> 'labels') else e.labels end,
    turns = case when p_changes ? 'turns' then public.json_texts(p_changes -> 'turns') else e.turns end,
    workflow_definition_ids = case
      when not p_changes ? 'workflow_definition_ids' then e.workflow_definition_ids
      when p_changes ->> 'workflow_definition_ids' is not null
        then public.json_uuids(p_changes -> 'workflow_definition_ids')
    end,
    disabled_at = case when p_changes -> 'is_active' = 'true' then null else e.disabled_at end,
    disabled_reason = case when p_changes -> 'is_active' = 'true' then null else e.disabled_reason end,
    updated_at = v_now
  where e.id = p_endpoint_id;
  if p_changes -> 'is_active' = 'false' and exists (
    select from public.notification_endpoints e where e.id = p_endpoint_id and e.disabled_at is null) then
    perform public.disable_endpoint(p_endpoint_id, 'Somebody has disabled it.', v_now);
  end if;
  perform public.audit_change(
    p_context, v_tenant_id, 'notification_endpoint.changed', 'notification_endpoint', p_endpoint_id, v_before);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object(
      'endpoint', public.endpoint_response(p_endpoint_id), 'has_new_secret', exists (
        select from public.notification_endpoints e
        where e.id = p_endpoint_id and e.secret_encrypted = p_secret_encrypted))),
    '{"others": true}');
end $$;
