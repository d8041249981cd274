-- Accepts an invite for the holder of its link who has signed in at the login service: whatever account that is, it is tied to the
-- invited user, who signs in by it from now on.
--
-- Guarantees: an invite is accepted once, and only by an account that is not tied to another user of the tenant.
-- Closes the race between two people who open the link: both lock the invite, and the second finds it accepted.
--
-- `p_account`: see logins.sql. `p_user_id` and `p_login_id` are the ids of the user, who is created if nobody in the tenant has the
-- email yet, and of the login; `p_session_id` is that of the session that begins. Answers {"result": see `sessions_of_account`, and
-- "session_id"}, or "refused":
--   unauthenticated (the ID token has expired); not_found (the link is wrong, used, withdrawn or expired); account_taken (another
--   user of the tenant signs in by this account)
create or replace function public.redeem_invite_by_login(
  p_context jsonb, p_invite_id uuid, p_secret_hash text, p_account jsonb, p_user_id uuid, p_login_id uuid,
  p_session_seconds integer, p_session_id uuid
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_tenant_id uuid;
  v_user_id uuid;
  v_now timestamptz;
  v_before jsonb;
begin
  -- 1. Is the ID token valid now, and may the account be tied in this tenant? That is checked first, so that a refusal adds nobody.
  if public.session_is_current(p_account) is not true then
    return public.answer_of(p_context, null, '{"refused": "unauthenticated"}');
  end if;
  if exists (
    select from public.invites i
    join public.logins l on l.tenant_id = i.tenant_id
    where i.id = p_invite_id and i.secret_hash = decode(p_secret_hash, 'hex') and i.accepted_at is null
      and l.iss = p_account ->> 'iss' and l.sub = p_account ->> 'sub')
  then
    return public.answer_of(p_context, null, '{"refused": "account_taken"}');
  end if;

  -- 2. Lock the invite and its user.
  v_user_id := public.lock_invited_user(p_invite_id, p_secret_hash, p_user_id);
  v_now := clock_timestamp();
  if v_user_id is null then
    return public.answer_of(p_context, null, '{"refused": "not_found"}');
  end if;

  -- 3. Tie the account, unless it was tied meanwhile, and mark the invite as accepted.
  select u.tenant_id into v_tenant_id from public.users u where u.id = v_user_id;
  if not public.tie_login(p_login_id, v_tenant_id, v_user_id, p_account, v_now) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "account_taken"}');
  end if;
  perform public.note_email_of_account(p_account);
  v_before := public.audited('invite', p_invite_id);
  perform public.mark_invite_accepted(p_invite_id, v_user_id, v_now);
  perform public.audit_change(p_context, v_tenant_id, 'invite.accepted', 'invite', p_invite_id, v_before, null,
    jsonb_build_object('user_id', v_user_id, 'credential_kind', 'login', 'credential_id', p_login_id));
  perform public.begin_sign_in_session(p_session_id, v_tenant_id, v_user_id, p_login_id, null, v_now, v_now);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', public.sessions_of_account(p_account, p_login_id, v_now, p_session_seconds)
      || jsonb_build_object('session_id', p_session_id)),
    '{"others": true}');
end $$;
