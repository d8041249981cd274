-- Lets an agent use the service on behalf of the caller, who has agreed to that on a page. The agent exchanges its code for tokens within
-- `p_seconds`: see `renew_agent_grant`. The caller needs a session of the dashboard.
--
-- What the caller agreed to earlier, and no agent has taken in time, is deleted. When the caller would have more than `p_most` grants, those
-- that were renewed longest ago end.
--
-- Closes the races with the deletion of the user, with the end of all their sessions, and with the untying of their login: they lock the
-- session before its user's grants.
--
-- Answers {"result": {}}, or "refused": unauthenticated
create or replace function public.agree_to_agent(
  p_context jsonb, p_grant_id uuid, p_client_name text, p_redirect_host text, p_scopes text[], p_seconds integer, p_most integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_session_id constant uuid := p_context #>> '{caller,sign_in_session_id}';
  v_tenant_id uuid;
  v_user_id uuid;
  v_now constant timestamptz := clock_timestamp();
begin
  perform s.id from public.sign_in_sessions s where s.id = v_session_id for share;
  select caller.tenant_id, caller.user_id into v_tenant_id, v_user_id
  from public.find_caller(p_context -> 'caller') caller where v_session_id is not null;
  if v_tenant_id is null then
    return public.answer_of(p_context, null, '{"refused": "unauthenticated"}');
  end if;

  delete from public.agent_grants g
  where g.id in (
    select old.id
    from public.agent_grants old
    where old.tenant_id = v_tenant_id and old.user_id = v_user_id and (
      (old.generation = 0 and old.created_at <= v_now - make_interval(secs => p_seconds))
      or old.id in (
        select other.id
        from public.agent_grants other
        where other.tenant_id = v_tenant_id and other.user_id = v_user_id
        order by other.renewed_at desc, other.id desc
        offset p_most - 1))
    for update skip locked);

  insert into public.agent_grants (id, tenant_id, user_id, client_name, redirect_host, scopes, created_at, renewed_at)
  values (p_grant_id, v_tenant_id, v_user_id, p_client_name, p_redirect_host, p_scopes, v_now, v_now);
  perform public.audit_change(p_context, v_tenant_id, 'agent_grant.created', 'agent_grant', p_grant_id, null);
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}', '{"others": true}');
end $$;
