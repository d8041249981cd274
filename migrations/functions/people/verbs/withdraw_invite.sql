-- Withdraws an invite: its link stops working.
--
-- Closes the race with its acceptance: the deletion waits for the invite's lock, and then finds it accepted.
--
-- Answers {"result": {}}, or "refused": see `judge_administrator`; not_found, accepted
create or replace function public.withdraw_invite(p_context jsonb, p_invite_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.judge_administrator(p_context -> 'caller');
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_before jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_before := public.audited('invite', p_invite_id);
  delete from public.invites i where i.id = p_invite_id and i.tenant_id = v_tenant_id and i.accepted_at is null;
  if found then
    perform public.audit_change(p_context, v_tenant_id, 'invite.withdrawn', 'invite', p_invite_id, v_before);
    return public.answer_of(p_context, v_tenant_id, '{"result": {}}', '{"others": true}');
  end if;
  return public.answer_of(p_context, v_tenant_id, case
    when exists (select from public.invites i where i.id = p_invite_id and i.tenant_id = v_tenant_id)
    then '{"refused": "accepted"}'
    else '{"refused": "not_found"}'::jsonb
  end);
end $$;
