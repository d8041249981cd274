-- Signs a user out everywhere: ends all their sessions of the dashboard, and the access of the agents that they have let in by one. `p_user_id`
-- is somebody of the tenant, for an OWNER or ADMIN; null for the caller. Only the OWNER does so to the OWNER. Each session and agent is
-- refused from the next request on, and the streams that the user has opened end. Keys and logins still work, so the user can sign in again.
--
-- Guarantees: of the sessions that have begun before the call, and of the agents that were let in by them, none is left.
-- Closes the races with `enter_tenant` and `agree_to_agent`: they lock the session, too. Idempotent.
--
-- Answers {"result": {"ended": how many were open}}, or "refused": see `judge_owned`
create or replace function public.end_sign_in_sessions(p_context jsonb, p_user_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.lock_and_judge_owned(p_context, 'sign_in_sessions', p_user_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_user_id constant uuid := v_judged ->> 'user_id';
  v_ended integer;
  v_agents integer;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  with ended as (
    update public.sign_in_sessions s
    set ended_at = clock_timestamp()
    where s.tenant_id = v_tenant_id and s.user_id = v_user_id and s.ended_at is null
    returning s.ends_at
  )
  select count(*) filter (where ended.ends_at > statement_timestamp()) into v_ended from ended;
  delete from public.agent_grants g where g.tenant_id = v_tenant_id and g.user_id = v_user_id;
  get diagnostics v_agents = row_count;
  if v_ended > 0 or v_agents > 0 then
    perform public.audit_act(
      p_context, v_tenant_id, 'user.signed_out', 'user', v_user_id, jsonb_build_object('sessions', v_ended, 'agents', v_agents));
  end if;
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('ended', v_ended)),
    case when v_ended > 0 or v_agents > 0 then jsonb_build_object('others', true, 'ended_user_ids', jsonb_build_array(v_user_id)) end);
end $$;
