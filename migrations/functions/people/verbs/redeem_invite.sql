-- Accepts an invite for the holder of its link, who becomes a user of the tenant with a first API key.
--
-- Guarantees: an invite is accepted once, and gives no access to a user who has ever had a key.
-- Closes the race between two people who open the link: both lock the invite, and the second finds it accepted.
--
-- `p_user_id` and `p_key_id` are the ids of the user, who is created if nobody has the email yet, and of the key, and `p_session_id`
-- that of the session that begins. Answers {"result": {"tenant_id", "tenant_name", "user_id", "name", "role", "expires_at": end of a
-- session that begins now, seconds since 1970}}, or "refused": not_found (the link is wrong, used, withdrawn or expired)
create or replace function public.redeem_invite(
  p_context jsonb, p_invite_id uuid, p_secret_hash text, p_user_id uuid, p_key_id uuid, p_key_hash text,
  p_key_suffix text, p_session_seconds integer, p_session_id uuid
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_user_id constant uuid := public.lock_invited_user(p_invite_id, p_secret_hash, p_user_id);
  v_now constant timestamptz := clock_timestamp();
  v_tenant_id uuid;
  v_before jsonb;
begin
  -- 1. Was the invite open?
  if v_user_id is null then
    return public.answer_of(p_context, null, '{"refused": "not_found"}');
  end if;

  -- 2. Give the user their first key, and mark the invite as accepted.
  select u.tenant_id into v_tenant_id from public.users u where u.id = v_user_id;
  insert into public.api_keys (id, tenant_id, user_id, name, key_hash, key_suffix)
  values (p_key_id, v_tenant_id, v_user_id, 'First key', decode(p_key_hash, 'hex'), p_key_suffix);
  v_before := public.audited('invite', p_invite_id);
  perform public.mark_invite_accepted(p_invite_id, v_user_id, v_now);
  perform public.audit_change(p_context, v_tenant_id, 'invite.accepted', 'invite', p_invite_id, v_before, null,
    jsonb_build_object('user_id', v_user_id, 'credential_kind', 'invite', 'credential_id', p_invite_id));
  perform public.begin_sign_in_session(p_session_id, v_tenant_id, v_user_id, null, p_key_id, v_now, v_now);

  return public.answer_of(p_context, v_tenant_id, jsonb_build_object('result', public.person_of_session(v_user_id)
    || jsonb_build_object('expires_at', floor(extract(epoch from v_now))::bigint + p_session_seconds)), '{"others": true}');
end $$;
