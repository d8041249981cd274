-- Unties a user from the account of the login service by which they sign in: their sessions that began with it end, and the access of all
-- agents that they have let in, perhaps by such a session. The next account that signs in with their verified email is tied to them.
--
-- Guarantees and races: see `lock_and_judge_user_change`. Also closes the race with `agree_to_agent`: both lock the session by which the
-- agent is let in. Idempotent.
--
-- Answers {"result": {}}, or "refused": see `lock_and_judge_user_change`.
create or replace function public.untie_login(p_context jsonb, p_tenant_id uuid, p_user_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.lock_and_judge_user_change(p_context, p_tenant_id, p_user_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_before jsonb;
  v_told jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_before := public.audited('user', p_user_id);
  perform s.id
  from public.sign_in_sessions s
  where s.tenant_id = v_tenant_id and s.user_id = p_user_id and s.ended_at is null
  order by s.id
  for no key update;
  delete from public.logins l where l.tenant_id = v_tenant_id and l.user_id = p_user_id;
  if found then
    delete from public.agent_grants g where g.tenant_id = v_tenant_id and g.user_id = p_user_id;
    perform public.audit_change(p_context, v_tenant_id, 'user.login_untied', 'user', p_user_id, v_before);
    v_told := jsonb_build_object('others', true, 'ended_user_ids', jsonb_build_array(p_user_id));
  end if;
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}', v_told);
end $$;
