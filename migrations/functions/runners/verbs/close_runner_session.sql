-- Closes the session of a runner that stops: no further run is leased to it. It keeps the runs that it holds until it gives them
-- back or ends them. A session that holds none ends now. One that holds some covers no definition any more, and lives on: its
-- runner may have missed the answer with their leases, and gets them by asking again with the same `request_id`.
--
-- Idempotent: a session that is closed already stays as it is.
--
-- Closes the race with a lease of the session: both lock the session's row, so the lease comes before, or gets nothing.
--
-- Answers {"result": {}}, or "refused": unauthenticated (the session has expired, or its key or its user is no longer valid)
create or replace function public.close_runner_session(p_context jsonb) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_session_id constant uuid := p_context #>> '{session,session_id}';
  v_tenant_id constant uuid := p_context #>> '{session,tenant_id}';
  v_now timestamptz;
begin
  -- 1. Wait for a lease of the session.
  perform s.id from public.runner_sessions s where s.id = v_session_id and s.tenant_id = v_tenant_id for no key update;
  v_now := clock_timestamp();

  -- 2. Which session is it?
  if not exists (select from public.find_session(p_context, v_now, true)) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "unauthenticated"}');
  end if;

  -- 3. Close it.
  update public.runner_sessions s
  set workflow_definition_ids = '{}', last_seen_at = v_now, expires_at = case
    when exists (select from public.running_attempts a where a.session_id = v_session_id) then s.expires_at else v_now end
  where s.id = v_session_id and s.expires_at > v_now;
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}', '{"others": true}');
end $$;
