-- Ends one session of the dashboard: the caller's own, or for an OWNER or ADMIN that of somebody in the tenant. Only the OWNER ends those
-- of the OWNER. It is refused from the next request on, and the streams that its user has opened end; their other sessions open them
-- again.
--
-- Closes the race with `enter_tenant`: both lock the session.
--
-- Answers {"result": {}}, or "refused": see `judge_owned`
create or replace function public.end_sign_in_session(p_context jsonb, p_session_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.lock_and_judge_owned(p_context, 'sign_in_session', p_session_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_user_id constant uuid := v_judged ->> 'user_id';
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  update public.sign_in_sessions s set ended_at = clock_timestamp() where s.id = p_session_id;
  perform public.audit_act(p_context, v_tenant_id, 'user.signed_out', 'user', v_user_id, '{"sessions": 1}');
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}',
    jsonb_build_object('others', true, 'ended_user_ids', jsonb_build_array(v_user_id)));
end $$;
