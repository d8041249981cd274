-- Adds a user to the tenant. One without an email is a service user: see `is_service_user`.
--
-- Guarantees: an email is in the tenant only once, in whatever case it is written.
-- Closes the race between two requests with the same email: the second waits at the unique index, and finds the first.
--
-- Answers {"result": {"user"}}, or "refused": see `judge_tenant_administrator`; email_taken
create or replace function public.create_user(
  p_context jsonb, p_tenant_id uuid, p_user_id uuid, p_email text, p_first_name text, p_last_name text, p_role text
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.judge_tenant_administrator(p_context, p_tenant_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  insert into public.users (id, tenant_id, email, first_name, last_name, role)
  values (p_user_id, v_tenant_id, p_email, p_first_name, p_last_name, p_role)
  on conflict do nothing;
  if not found then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "email_taken"}');
  end if;
  perform public.audit_change(p_context, v_tenant_id, 'user.created', 'user', p_user_id, null);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('user', public.user_response(p_user_id))), '{"others": true}');
end $$;
