-- Signs a person in by their API key: a session begins, which ends `p_session_seconds` from now, or when the key ends if that is earlier.
--
-- Idempotent: called again with the same `p_session_id`, it answers the same session.
--
-- Answers {"result": {"tenant_id", "tenant_name", "user_id", "name", "role", "api_key_id", "session_id", "began_at", "expires_at"}},
-- instants in seconds since 1970; or "refused": unauthenticated
create or replace function public.sign_in_by_key(p_context jsonb, p_session_id uuid, p_session_seconds integer) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_hash constant bytea := decode(p_context #>> '{caller,api_key_hash}', 'hex');
  v_now constant timestamptz := clock_timestamp();
  v_tenant_id uuid;
  v_user_id uuid;
  v_key_id uuid;
  v_key_expires_at timestamptz;
  v_told jsonb;
begin
  select caller.tenant_id, caller.user_id, k.id, k.expires_at into v_tenant_id, v_user_id, v_key_id, v_key_expires_at
  from public.find_caller(p_context -> 'caller') caller
  join public.api_keys k on k.key_hash = v_hash;
  if v_tenant_id is null then
    return public.answer_of(p_context, null, '{"refused": "unauthenticated"}');
  end if;
  v_told := public.begin_sign_in_session(p_session_id, v_tenant_id, v_user_id, null, v_key_id, v_now, v_now);
  return public.answer_of(p_context, v_tenant_id, jsonb_build_object('result', public.person_of_session(v_user_id)
    || jsonb_build_object('api_key_id', v_key_id, 'session_id', p_session_id, 'began_at', floor(extract(epoch from v_now))::bigint,
      'expires_at', floor(extract(epoch from least(v_now + make_interval(secs => p_session_seconds), v_key_expires_at)))::bigint)),
    v_told);
end $$;
