-- Invites a person to the tenant, for `p_days` days. An open invite for the same email is replaced, and its link stops working.
-- Only the hash of the link's secret is stored.
--
-- Guarantees: an email has at most one open invite, and none is for a user who can already sign in or is deactivated.
-- Closes the race between two invites for the same email: the second waits at the unique index, and replaces the first.
-- Idempotent: called again with the same `p_invite_id`, it answers the invite that the first call created, with "is_new": false.
--
-- Answers {"result": {"invite", "is_new"}}, or "refused": see `judge_tenant_administrator`; id_taken (by another tenant),
-- of_owner (nobody is invited as the OWNER), email_taken
create or replace function public.create_invite(
  p_context jsonb, p_tenant_id uuid, p_invite_id uuid, p_email text, p_role text, p_secret_hash text, p_days integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.judge_tenant_administrator(p_context, p_tenant_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_now constant timestamptz := clock_timestamp();
  v_is_new boolean;
begin
  -- 1. May the caller invite this person?
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  if p_role = 'OWNER' then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "of_owner"}');
  end if;
  if exists (select from public.invites i where i.id = p_invite_id and i.tenant_id <> v_tenant_id) then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "id_taken"}');
  end if;
  v_is_new := not exists (select from public.invites i where i.id = p_invite_id);
  if v_is_new and exists (
    select from public.users u
    where u.tenant_id = v_tenant_id and lower(u.email) = lower(p_email) and u.deleted_at is null
      and not public.may_be_invited(u.id))
  then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "email_taken"}');
  end if;

  -- 2. Invite them, unless an earlier call has done so.
  insert into public.invites (id, tenant_id, email, role, secret_hash, created_at, updated_at, expires_at)
  select p_invite_id, v_tenant_id, lower(p_email), p_role, decode(p_secret_hash, 'hex'), v_now, v_now,
    v_now + make_interval(days => p_days)
  where v_is_new
  on conflict (tenant_id, email) where accepted_at is null do update
  set id = excluded.id, role = excluded.role, secret_hash = excluded.secret_hash, created_at = excluded.created_at,
    updated_at = excluded.updated_at, expires_at = excluded.expires_at;
  if v_is_new then
    perform public.audit_change(p_context, v_tenant_id, 'invite.created', 'invite', p_invite_id, null);
  end if;
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('invite', (
      select jsonb_build_object('id', i.id, 'tenant_id', i.tenant_id, 'email', i.email, 'role', i.role,
        'created_at', public.wire_instant(i.created_at), 'updated_at', public.wire_instant(i.updated_at),
        'expires_at', public.wire_instant(i.expires_at), 'accepted_at', public.wire_instant(i.accepted_at))
      from public.invites i where i.id = p_invite_id), 'is_new', v_is_new)),
    case when v_is_new then '{"others": true}'::jsonb end);
end $$;
