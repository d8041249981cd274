-- Changes the path part of a permission, its capability, or both. Null keeps the current value.
--
-- Guarantees: no other permission of the user covers the changed one.
-- Closes the races with a move of a part, and with another change of the user's permissions: see `lock_permissions_of`.
-- Idempotent: equal values change nothing.
--
-- Answers {"result": {"permission"}}, or "refused": see `judge_permission_change` and `judge_permission`.
create or replace function public.change_user_permission(
  p_context jsonb, p_tenant_id uuid, p_permission_id uuid, p_path_part_id uuid, p_capability text
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb := public.lock_and_judge_permission_change(
    p_context, p_tenant_id, p_permission_id, p_path_part_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_now timestamptz;
  v_path_part_id uuid;
  v_capability text;
  v_before jsonb;
  v_told jsonb;
begin
  -- 1. The tree and the user are locked. May the caller do this, and may the user get the changed permission?
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();
  select coalesce(p_path_part_id, held.path_part_id), coalesce(p_capability, held.capability)
  into v_path_part_id, v_capability
  from public.user_permissions held where held.id = p_permission_id;
  v_judged := public.judge_permission(
    v_tenant_id, (v_judged ->> 'user_id')::uuid, p_permission_id, v_path_part_id, v_capability);
  if v_judged ? 'refused' then
    return public.answer_of(p_context, v_tenant_id, v_judged);
  end if;

  -- 2. Change it.
  v_before := public.audited('user_permission', p_permission_id);
  update public.user_permissions held
  set path_part_id = v_path_part_id, capability = v_capability, updated_at = v_now
  where held.id = p_permission_id
    and (held.path_part_id, held.capability) is distinct from (v_path_part_id, v_capability);
  if found then
    perform public.audit_change(
      p_context, v_tenant_id, 'user.permission_changed', 'user_permission', p_permission_id, v_before);
    v_told := '{"others": true}';
  end if;
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('permission', public.permission_response(p_permission_id))), v_told);
end $$;
