-- Deactivates a user, whose credentials all stop working at once; or activates the user again, with the same credentials and
-- permissions.
--
-- Guarantees and races: see `lock_and_judge_user_change`. Idempotent.
--
-- Answers {"result": {"user"}}, or "refused": see `lock_and_judge_user_change`.
create or replace function public.change_user_activation(
  p_context jsonb, p_tenant_id uuid, p_user_id uuid, p_is_active boolean
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.lock_and_judge_user_change(p_context, p_tenant_id, p_user_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_now timestamptz;
  v_before jsonb;
  v_told jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();
  v_before := public.audited('user', p_user_id);
  update public.users u
  set deactivated_at = case when not p_is_active then v_now end, updated_at = v_now
  where u.id = p_user_id and (u.deactivated_at is null) <> p_is_active;
  if found then
    perform public.audit_change(p_context, v_tenant_id, case when p_is_active then 'user.activated' else 'user.deactivated' end,
      'user', p_user_id, v_before);
    v_told := jsonb_build_object('others', true, 'ended_user_ids',
      case when p_is_active then '[]' else jsonb_build_array(p_user_id) end);
  end if;
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('user', public.user_response(p_user_id))), v_told);
end $$;
