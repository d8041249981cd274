-- Gives a user another role. When the OWNER makes another user the OWNER, they become an ADMIN themselves.
--
-- Guarantees and races: see `lock_and_judge_user_change`. Idempotent: the role that the user has changes nothing.
--
-- Answers {"result": {"user"}}, or "refused": see `lock_and_judge_user_change`; only_owner_may (an ADMIN names an OWNER),
-- deactivated (the user, who would become the OWNER)
create or replace function public.change_user_role(p_context jsonb, p_tenant_id uuid, p_user_id uuid, p_role text)
returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.lock_and_judge_user_change(p_context, p_tenant_id, p_user_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_now timestamptz;
  v_before jsonb;
  v_told jsonb;
begin
  -- 1. The tenant and the user are locked. May the caller do this?
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();
  if p_role = 'OWNER' and v_judged ->> 'role' <> 'OWNER' then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "only_owner_may"}');
  end if;
  if p_role = 'OWNER' and exists (select from public.users u where u.id = p_user_id and u.deactivated_at is not null) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "deactivated"}');
  end if;

  -- 2. Change the role, and that of the OWNER who passes the ownership on.
  v_before := public.audited('user', p_user_id);
  update public.users u
  set role = case when u.id = p_user_id then p_role else 'ADMIN' end, updated_at = v_now
  where u.tenant_id = v_tenant_id
    and (u.id = p_user_id and u.role <> p_role or p_role = 'OWNER' and u.role = 'OWNER');
  if found then
    perform public.audit_change(p_context, v_tenant_id, 'user.role_changed', 'user', p_user_id, v_before);
    v_told := '{"others": true}';
  end if;
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('user', public.user_response(p_user_id))), v_told);
end $$;
