-- Deletes a user. Their keys, login, sessions and permissions end at once. The row is kept for the runs that refer to it, but is not
-- listed any more, and the email can be used for a new user.
--
-- Guarantees and races: see `lock_and_judge_user_change`. It also locks the tree (shared), since the deletion of a folder deletes
-- permissions, too, and locks the sessions in the order of their ids, as `end_sign_in_sessions` does.
--
-- Answers {"result": {}}, or "refused": see `lock_and_judge_user_change`.
create or replace function public.delete_user(p_context jsonb, p_tenant_id uuid, p_user_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.lock_and_judge_user_change(p_context, p_tenant_id, p_user_id, true);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_now timestamptz;
  v_before jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();
  v_before := public.audited('user', p_user_id);
  delete from public.api_keys k where k.tenant_id = v_tenant_id and k.user_id = p_user_id;
  perform s.id
  from public.sign_in_sessions s
  where s.tenant_id = v_tenant_id and s.user_id = p_user_id
  order by s.id
  for update;
  delete from public.sign_in_sessions s where s.tenant_id = v_tenant_id and s.user_id = p_user_id;
  delete from public.logins l where l.tenant_id = v_tenant_id and l.user_id = p_user_id;
  delete from public.user_permissions held where held.tenant_id = v_tenant_id and held.user_id = p_user_id;
  update public.users u
  set deactivated_at = coalesce(u.deactivated_at, v_now), deleted_at = v_now, updated_at = v_now
  where u.id = p_user_id;
  perform public.audit_change(p_context, v_tenant_id, 'user.deleted', 'user', p_user_id, v_before);
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}',
    jsonb_build_object('others', true, 'ended_user_ids', jsonb_build_array(p_user_id)));
end $$;
