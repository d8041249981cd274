-- Ends what an agent may do on behalf of a person: the caller's own, or for an OWNER or ADMIN that of somebody in the tenant. Only the OWNER
-- ends those of the OWNER. The agent is refused from the next request on.
--
-- Closes the race with `renew_agent_grant`: both lock the grant.
--
-- Answers {"result": {}}, or "refused": see `judge_owned`
create or replace function public.end_agent_grant(p_context jsonb, p_grant_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.lock_and_judge_owned(p_context, 'agent_grant', p_grant_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_before jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_before := public.audited('agent_grant', p_grant_id);
  delete from public.agent_grants g where g.id = p_grant_id;
  perform public.audit_change(p_context, v_tenant_id, 'agent_grant.ended', 'agent_grant', p_grant_id, v_before);
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}', '{"others": true}');
end $$;
