-- Revokes an API key: from the next request on it is refused. An OWNER or ADMIN may revoke any key of the tenant, but only the
-- OWNER those of the OWNER, so that no ADMIN can lock them out.
--
-- Closes the race between two requests that revoke it: the second waits for the key's lock, and finds it revoked.
--
-- Answers {"result": {}}, or "refused": see `judge_owned`
create or replace function public.revoke_api_key(p_context jsonb, p_api_key_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.lock_and_judge_owned(p_context, 'api_key', p_api_key_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_before jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_before := public.audited('api_key', p_api_key_id);
  update public.api_keys k set revoked_at = clock_timestamp() where k.id = p_api_key_id;
  perform public.audit_change(p_context, v_tenant_id, 'api_key.revoked', 'api_key', p_api_key_id, v_before);
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}',
    jsonb_build_object('others', true, 'ended_user_ids', jsonb_build_array(v_judged ->> 'user_id')));
end $$;
