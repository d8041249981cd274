-- Creates the API key to which a person has agreed for the command line: see `agree_to_command_line`. `p_code_challenge` is the PKCE
-- challenge of the verifier that came with the code.
--
-- Guarantees: a code makes at most one key, whoever sends it, and none when it comes with another verifier, too late, or after its session
-- has ended. A user has at most `p_max_keys` keys that work.
-- Closes the race between two requests with the same code: both lock the user, and the second finds the code gone. It also
-- closes the races with another new key and with the deletion of the user, since these lock the user, too.
--
-- Answers {"result": {"api_key"}}, or "refused": unauthenticated (the code), too_many
create or replace function public.create_api_key_by_code(
  p_context jsonb, p_code_hash text, p_code_challenge text, p_api_key_id uuid, p_key_hash text, p_key_suffix text, p_max_keys integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_tenant_id uuid;
  v_session_id uuid;
  v_challenge text;
  v_name text;
  v_expires_at timestamptz;
  v_user_id uuid;
  v_actor jsonb;
  v_now timestamptz;
begin
  -- 1. Lock the user who agreed. This is before the code, since the deletion of a user locks them and then deletes the codes of their
  -- sessions.
  perform u.id
  from public.command_line_codes code
  join public.sign_in_sessions s on s.tenant_id = code.tenant_id and s.id = code.sign_in_session_id
  join public.users u on u.tenant_id = s.tenant_id and u.id = s.user_id
  where code.code_hash = decode(p_code_hash, 'hex')
  for no key update of u;

  -- 2. Delete the code, even if it is refused below, so that whoever guesses verifiers has one attempt. Then judge whether the session in
  -- which the user agreed is still open.
  delete from public.command_line_codes code
  where code.code_hash = decode(p_code_hash, 'hex')
  returning code.tenant_id, code.sign_in_session_id, code.code_challenge, code.key_name, code.expires_at
    into v_tenant_id, v_session_id, v_challenge, v_name, v_expires_at;
  v_now := clock_timestamp();
  select u.id, public.actor_of_session(s) into v_user_id, v_actor
  from public.sign_in_sessions agreed
  join public.users u on u.tenant_id = agreed.tenant_id and u.id = agreed.user_id and u.deactivated_at is null
  cross join lateral public.open_sign_in_sessions(agreed.tenant_id, agreed.user_id) s
  where agreed.tenant_id = v_tenant_id and agreed.id = v_session_id and s.id = agreed.id and v_expires_at > v_now
    and v_challenge = p_code_challenge;
  if v_user_id is null then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "unauthenticated"}');
  end if;
  if p_max_keys <= public.count_working_keys(v_tenant_id, v_user_id, 'USER') then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "too_many"}');
  end if;

  -- 3. Create the key.
  insert into public.api_keys (id, tenant_id, user_id, name, key_hash, key_suffix, created_at)
  values (p_api_key_id, v_tenant_id, v_user_id, v_name, decode(p_key_hash, 'hex'), p_key_suffix, v_now);
  perform public.audit_change(p_context, v_tenant_id, 'api_key.created', 'api_key', p_api_key_id, null, null, v_actor);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('api_key', public.api_key_response(p_api_key_id))), '{"others": true}');
end $$;
