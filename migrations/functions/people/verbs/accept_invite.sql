-- Accepts an invite for a caller with a session of the login service, whose verified email must be the invited one. From now on
-- the caller is a user of the invite's tenant, with the id that the login service gives them.
--
-- Guarantees: an invite is accepted once, and only by the person whom it was for.
-- Closes the race between two requests: both lock the invite, and the second finds it accepted.
--
-- The caller's credential has "verified_email" when the login service has verified one. Answers {"result": {"tenant_id", "role"}}, or "refused":
--   unauthenticated; not_found (the email differs, or the invite is not open); other_tenant (the caller is a user of another
--   tenant); email_taken (another user of the tenant has the email)
create or replace function public.accept_invite(p_context jsonb, p_invite_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_caller constant jsonb := p_context -> 'caller';
  v_sub constant uuid := v_caller ->> 'user_id';
  v_email constant text := lower(v_caller ->> 'verified_email');
  v_tenant_id uuid;
  v_role text;
  v_now timestamptz;
  v_known_tenant_id uuid;
  v_is_deactivated boolean;
  v_before jsonb;
begin
  -- 1. Who is the caller? A person who is not a user yet needs a session that is valid now and has an email.
  select u.tenant_id, u.deactivated_at is not null into v_known_tenant_id, v_is_deactivated
  from public.users u where u.id = v_sub;
  if not exists (select from public.find_caller(v_caller)) and (
    v_email is null or v_is_deactivated or not public.session_is_current(v_caller))
  then
    return public.answer_of(p_context, null, '{"refused": "unauthenticated"}');
  end if;

  -- 2. Lock the invite, if it is for this email.
  select i.tenant_id, i.role into v_tenant_id, v_role
  from public.invites i
  where i.id = p_invite_id and i.email = v_email and i.accepted_at is null
  for update;
  v_now := clock_timestamp();
  if v_tenant_id is null
    or not exists (select from public.invites i where i.id = p_invite_id and i.accepted_at is null and i.expires_at > v_now)
  then
    return public.answer_of(p_context, null, '{"refused": "not_found"}');
  end if;

  -- 3. Create the user, or give the existing user the invite's role. The OWNER stays the OWNER. From now on the login service
  --    identifies the user, so that no other invite can sign anybody in as them.
  if v_known_tenant_id is null then
    insert into public.users (id, tenant_id, email, role, idp_type) values (v_sub, v_tenant_id, v_email, v_role, 'TENANT')
    on conflict do nothing;
    if not found then
      return public.answer_of(p_context, null, '{"refused": "email_taken"}');
    end if;
  elsif v_known_tenant_id <> v_tenant_id then
    return public.answer_of(p_context, null, '{"refused": "other_tenant"}');
  else
    update public.users u
    set role = case u.role when 'OWNER' then u.role else v_role end, idp_type = 'TENANT', updated_at = v_now
    where u.id = v_sub;
  end if;

  -- 4. Mark the invite as accepted.
  v_before := public.audited('invite', p_invite_id);
  update public.invites i set accepted_at = v_now, updated_at = v_now where i.id = p_invite_id;
  perform public.audit_change(p_context, v_tenant_id, 'invite.accepted', 'invite', p_invite_id, v_before);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', (
      select jsonb_build_object('tenant_id', u.tenant_id, 'role', u.role) from public.users u where u.id = v_sub)),
    '{"others": true}');
end $$;
