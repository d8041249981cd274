-- Creates an API key for the caller: of the kind USER with their permissions, as far as `p_scopes` allow if it has some, or of the kind
-- RUNNER, which an OWNER or ADMIN may create and which may lease runs of these definitions only; null for all of the tenant. Only the hash
-- of the key is stored. With `p_user_id`, it is a key of that service user, which an OWNER or ADMIN may make.
--
-- Guarantees: a user has at most `p_max_keys` keys of a kind that work.
-- Closes the race between two requests that create the last allowed key: both lock the user's row.
-- Idempotent: called again with the same `p_api_key_id`, it answers the key that the first call created, with "is_new": false.
--
-- Answers {"result": {"api_key", "is_new"}}, or "refused": unauthenticated, id_taken (by a key of somebody else), forbidden (a runner key
-- for a USER), no_such_user (none that the caller may see), not_service_user, unknown_definitions (with "ids"), expired (already now),
-- too_many
create or replace function public.create_api_key(
  p_context jsonb, p_api_key_id uuid, p_name text, p_key_hash text, p_key_suffix text, p_expires_at timestamptz,
  p_kind text, p_definition_ids uuid[], p_max_keys integer, p_scopes text default null,
  p_user_id uuid default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_now timestamptz;
  v_unknown jsonb;
  v_is_new boolean;
begin
  -- 1. Lock the user who gets the key, and judge the caller.
  perform u.id
  from public.find_caller(p_context -> 'caller') caller
  join public.users u on u.tenant_id = caller.tenant_id and u.id = coalesce(p_user_id, caller.user_id)
  for no key update of u;
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return public.answer_of(p_context, null, '{"refused": "unauthenticated"}');
  end if;
  if p_kind <> 'USER' and not public.is_administrator(v_role) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "forbidden"}');
  end if;
  if p_user_id <> v_user_id then
    if not public.is_administrator(v_role) or public.role_of_known_user(v_tenant_id, p_user_id) is null then
      return public.answer_of(p_context, v_tenant_id, '{"refused": "no_such_user"}');
    end if;
    if not public.is_service_user(v_tenant_id, p_user_id) then
      return public.answer_of(p_context, v_tenant_id, '{"refused": "not_service_user"}');
    end if;
    v_user_id := p_user_id;
  end if;
  v_now := clock_timestamp();
  if exists (select from public.api_keys k where k.id = p_api_key_id and k.user_id <> v_user_id) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "id_taken"}');
  end if;
  v_is_new := not exists (select from public.api_keys k where k.id = p_api_key_id);

  -- 2. May there be such a key?
  v_unknown := public.unknown_definitions(v_tenant_id, to_jsonb(p_definition_ids));
  if v_is_new and v_unknown is not null then
    return public.answer_of(p_context, v_tenant_id, jsonb_build_object('refused', 'unknown_definitions', 'ids', v_unknown));
  end if;
  if v_is_new and p_expires_at <= v_now then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "expired"}');
  end if;
  if v_is_new and p_max_keys <= public.count_working_keys(v_tenant_id, v_user_id, p_kind) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "too_many"}');
  end if;

  -- 3. Create it, unless an earlier call has done so.
  insert into public.api_keys
    (id, tenant_id, user_id, name, key_hash, key_suffix, kind, workflow_definition_ids, created_at, expires_at, scopes)
  select p_api_key_id, v_tenant_id, v_user_id, p_name, decode(p_key_hash, 'hex'), p_key_suffix, p_kind,
    p_definition_ids, v_now, p_expires_at, p_scopes
  where v_is_new;
  if v_is_new then
    perform public.audit_change(p_context, v_tenant_id, 'api_key.created', 'api_key', p_api_key_id, null);
  end if;
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('api_key', public.api_key_response(p_api_key_id), 'is_new', v_is_new)),
    case when v_is_new then '{"others": true}'::jsonb end);
end $$;
