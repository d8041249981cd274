-- Revokes a permission of a user, at once.
--
-- Closes the race with another change of the permission: see `lock_permissions_of`.
--
-- Answers {"result": {}}, or "refused": see `judge_permission_change`.
create or replace function public.revoke_user_permission(p_context jsonb, p_tenant_id uuid, p_permission_id uuid)
returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.lock_and_judge_permission_change(p_context, p_tenant_id, p_permission_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_before jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_before := public.audited('user_permission', p_permission_id);
  delete from public.user_permissions held where held.id = p_permission_id;
  perform public.audit_change(p_context, v_tenant_id, 'user.permission_revoked', 'user_permission', p_permission_id, v_before);
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}', '{"others": true}');
end $$;
