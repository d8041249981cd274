-- Lets the command line have an API key of the caller, who has agreed to that on a page: keeps the hash of the code by which it gets the
-- key within `p_seconds`. The caller needs a session of the dashboard, and the code ends with that.
--
-- Earlier codes of the session that have expired are deleted.
--
-- Closes the race with the deletion of the user: both lock the session before its codes.
--
-- Answers {"result": {}}, or "refused": unauthenticated
create or replace function public.agree_to_command_line(
  p_context jsonb, p_code_hash text, p_code_challenge text, p_key_name text, p_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_session_id constant uuid := p_context #>> '{caller,sign_in_session_id}';
  v_tenant_id uuid;
  v_now constant timestamptz := clock_timestamp();
begin
  perform s.id from public.sign_in_sessions s where s.id = v_session_id for key share;
  select caller.tenant_id into v_tenant_id from public.find_caller(p_context -> 'caller') caller where v_session_id is not null;
  if v_tenant_id is null then
    return public.answer_of(p_context, null, '{"refused": "unauthenticated"}');
  end if;
  delete from public.command_line_codes code
  where code.tenant_id = v_tenant_id and code.sign_in_session_id = v_session_id and code.expires_at < v_now;
  insert into public.command_line_codes (code_hash, tenant_id, sign_in_session_id, code_challenge, key_name, expires_at)
  values (decode(p_code_hash, 'hex'), v_tenant_id, v_session_id, p_code_challenge, p_key_name,
    v_now + make_interval(secs => p_seconds));
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}');
end $$;
