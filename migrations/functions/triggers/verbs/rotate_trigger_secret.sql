-- Gives a trigger that receives webhooks a new secret. For 24 hours, messages with the old one are taken, too, so that the two sides need
-- not change it at the same instant. The caller becomes the user with whose rights it fires, since they know the secret.
--
-- `p_is_given`: the caller has given the secret. `p_is_standard`: it can be that of Standard Webhooks.
--
-- Closes the race with a firing, which judges the version of the trigger: both hold the definition's lock.
-- With `p_seen_at`, the `updated_at` that the caller has seen, a request that is sent again changes nothing.
--
-- Answers {"result": {"trigger"}}, or "refused": no_secret (it is of another kind), token_given (tokens are always made), secret_malformed,
-- seen_another (since `p_seen_at`), and see `lock_and_judge_trigger`
create or replace function public.rotate_trigger_secret(
  p_context jsonb, p_trigger_id uuid, p_secret_encrypted text, p_is_given boolean, p_is_standard boolean, p_seen_at text default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_trigger(p_context, p_trigger_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_kind text;
  v_scheme text;
  v_updated_at timestamptz;
  v_now timestamptz;
  v_refusal jsonb;
  v_before jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();

  -- 2. Replace the secret.
  select t.kind, t.config ->> 'scheme', t.updated_at into v_kind, v_scheme, v_updated_at
  from public.triggers t where t.id = p_trigger_id;
  v_refusal := case
    when v_kind <> 'webhook' then '{"refused": "no_secret"}'
    when p_is_given and v_scheme = 'token' then '{"refused": "token_given"}'
    when v_scheme = 'standard-webhooks' and not p_is_standard then '{"refused": "secret_malformed"}'
    when p_seen_at <> public.wire_instant(v_updated_at) then '{"refused": "seen_another"}'
  end;
  if v_refusal is not null then
    return public.answer_of(p_context, v_tenant_id, v_refusal);
  end if;
  v_before := public.audited('trigger', p_trigger_id);
  update public.triggers t
  set previous_secret_encrypted = t.secret_encrypted, previous_secret_until = v_now + interval '24 hours',
    secret_encrypted = p_secret_encrypted, user_id = (v_judged ->> 'user_id')::uuid, version = t.version + 1, updated_at = v_now
  where t.id = p_trigger_id;
  perform public.audit_change(p_context, v_tenant_id, 'trigger.secret_rotated', 'trigger', p_trigger_id, v_before);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('trigger', public.trigger_response(p_trigger_id))), '{"others": true}');
end $$;
