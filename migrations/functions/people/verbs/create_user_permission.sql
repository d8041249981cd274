-- Gives a user a permission on a path part and everything below it.
--
-- Guarantees: no other permission of the user covers the new one, and a user has at most `p_max_permissions`.
-- Closes the races with a move of a part, and with another change of the user's permissions: see `lock_permissions_of`.
--
-- Answers {"result": {"permission"}}, or "refused": see `judge_tenant_administrator` and `judge_permission`; too_many
create or replace function public.create_user_permission(
  p_context jsonb, p_tenant_id uuid, p_permission_id uuid, p_user_id uuid, p_path_part_id uuid, p_capability text,
  p_max_permissions integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb := public.judge_tenant_administrator(p_context, p_tenant_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_now timestamptz;
begin
  -- 1. Lock the tree and the user, and judge the caller.
  if not v_judged ? 'refused' then
    perform public.lock_permissions_of(v_tenant_id, p_user_id, array[p_path_part_id]);
    v_judged := public.judge_tenant_administrator(p_context, p_tenant_id);
  end if;
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();

  -- 2. May the user get this permission?
  v_judged := public.judge_permission(v_tenant_id, p_user_id, null, p_path_part_id, p_capability);
  if v_judged ? 'refused' then
    return public.answer_of(p_context, v_tenant_id, v_judged);
  end if;
  if p_max_permissions <= (
    select count(*) from public.user_permissions held where held.tenant_id = v_tenant_id and held.user_id = p_user_id)
  then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "too_many"}');
  end if;

  -- 3. Give it.
  insert into public.user_permissions (id, tenant_id, user_id, path_part_id, capability, created_at, updated_at)
  values (p_permission_id, v_tenant_id, p_user_id, p_path_part_id, p_capability, v_now, v_now);
  perform public.audit_change(p_context, v_tenant_id, 'user.permission_given', 'user_permission', p_permission_id, null);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('permission', public.permission_response(p_permission_id))),
    '{"others": true}');
end $$;
