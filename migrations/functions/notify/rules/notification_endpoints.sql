-- The endpoints of a tenant, for its OWNER and ADMINs. Their secrets are encrypted before they get here, and are never
-- answered. The secret of a chat is its address: `url` has the scheme and the host only.

-- Locks an endpoint of the caller's tenant, and judges the caller: are they an OWNER or ADMIN? Returns {"tenant_id"}, or
-- {"tenant_id"?, "refused"} where `refused` is one of: unauthenticated, forbidden (a USER), not_found
create or replace function public.lock_and_judge_endpoint(p_context jsonb, p_endpoint_id uuid) returns jsonb
language plpgsql as $$
declare
  v_endpoint_id uuid;
  v_judged jsonb;
begin
  select e.id into v_endpoint_id
  from public.find_caller(p_context -> 'caller') caller
  join public.notification_endpoints e on e.tenant_id = caller.tenant_id and e.id = p_endpoint_id
  where public.is_administrator(caller.role)
  for no key update of e;
  -- Judged after the lock, with the current role.
  v_judged := public.judge_administrator(p_context -> 'caller');
  if not v_judged ? 'refused' and v_endpoint_id is null then
    return v_judged || '{"refused": "not_found"}';
  end if;
  return v_judged;
end $$;

-- Like `lock_and_judge_endpoint`, for sending something to an endpoint now. `refused` can also be: disabled
create or replace function public.lock_and_judge_endpoint_sending(p_context jsonb, p_endpoint_id uuid) returns jsonb
language plpgsql as $$
declare
  v_judged constant jsonb := public.lock_and_judge_endpoint(p_context, p_endpoint_id);
begin
  if not v_judged ? 'refused' and exists (
    select from public.notification_endpoints e where e.id = p_endpoint_id and e.disabled_at is not null) then
    return v_judged || '{"refused": "disabled"}';
  end if;
  return v_judged;
end $$;

-- Like `judge_administrator`, for reading one endpoint. `refused` can also be: not_found
create or replace function public.judge_endpoint_read(p_credential jsonb, p_endpoint_id uuid) returns jsonb
language plpgsql stable as $$
declare
  v_judged jsonb := public.judge_administrator(p_credential);
begin
  if not v_judged ? 'refused' and not exists (
    select from public.notification_endpoints e
    where e.id = p_endpoint_id and e.tenant_id = (v_judged ->> 'tenant_id')::uuid) then
    return v_judged || '{"refused": "not_found"}';
  end if;
  return v_judged;
end $$;

-- An endpoint as the API shows it.
create or replace function public.endpoint_response(p_endpoint_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object(
      'id', e.id, 'format', e.format, 'url', e.url, 'description', e.description, 'event_types', to_jsonb(e.event_types),
      'workflow_definition_ids', to_jsonb(e.workflow_definition_ids), 'labels', to_jsonb(e.labels), 'on', to_jsonb(e.turns),
      'is_active', e.disabled_at is null,
      'disabled_at', public.wire_instant(e.disabled_at), 'disabled_reason', e.disabled_reason,
      'failures', e.failures, 'failing_since', public.wire_instant(e.failing_since),
      'next_probe_at', public.wire_instant(e.probe_at),
      'old_secret_until', public.wire_instant(
        case when e.previous_secret_until > statement_timestamp() then e.previous_secret_until end),
      'created_at', public.wire_instant(e.created_at), 'updated_at', public.wire_instant(e.updated_at))
    from public.notification_endpoints e
    where e.id = p_endpoint_id);
end $$;

-- An array of texts in the form of the column; null for null and for no array.
create or replace function public.json_texts(p_texts jsonb) returns text[]
language sql immutable as $$
  select case when jsonb_typeof(p_texts) = 'array' then array(select jsonb_array_elements_text(p_texts)) end
$$;

-- Those ids that are not definitions of the tenant; null when there are none.
create or replace function public.unknown_definitions(p_tenant_id uuid, p_ids jsonb) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_agg(named.id)
    from unnest(public.json_uuids(nullif(p_ids, 'null'))) named (id)
    where not exists (
      select from public.workflow_definitions d where d.tenant_id = p_tenant_id and d.id = named.id));
end $$;

-- Gives up notifications of a locked endpoint. They can be sent again later.
create or replace function public.give_up_notifications(p_ids uuid[]) returns void
language plpgsql as $$
begin
  update public.notifications n set next_try_at = null where n.id = any (p_ids);
end $$;

-- Disables a locked endpoint. What was not sent by now is given up: readers see notifications of a disabled endpoint as FAILED, whatever
-- their `next_try_at` says. Their rows are not changed here, since there may be very many, and a transaction that is open may still add
-- some. Sweeps change them (`delete_old_notifications`), and the endpoint cannot be enabled while many are left
-- (`change_notification_endpoint`).
create or replace function public.disable_endpoint(p_endpoint_id uuid, p_reason text, p_now timestamptz) returns void
language plpgsql as $$
begin
  update public.notification_endpoints e
  set disabled_at = p_now, disabled_reason = p_reason, updated_at = p_now
  where e.id = p_endpoint_id;
end $$;

-- True when an endpoint has asked for a turn that it can never be sent, since it has not subscribed to the event that is the turn.
create or replace function public.has_turn_in_vain(p_turns text[], p_event_types text[]) returns boolean
language sql immutable as $$
  select coalesce('first_failure' = any (p_turns) and 'workflow_run.failed' <> all (p_event_types)
    or 'works_again' = any (p_turns) and 'workflow_run.completed' <> all (p_event_types), false)
$$;
