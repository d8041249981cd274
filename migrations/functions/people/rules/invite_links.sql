-- What the verbs that accept an invite by its link have in common.

-- Locks the open invite with this link, and then the user whom it is for. A user who was added with the email is found; otherwise
-- one is added with the id `p_user_id`. Returns the id of the user; null when the link is wrong, used, withdrawn or expired, or
-- when the user may not be signed in by an invite: see `may_be_invited`.
create or replace function public.lock_invited_user(p_invite_id uuid, p_secret_hash text, p_user_id uuid) returns uuid
language plpgsql as $$
declare
  v_tenant_id uuid;
  v_email text;
  v_role text;
  v_user_id uuid;
begin
  select i.tenant_id, i.email, i.role into v_tenant_id, v_email, v_role
  from public.invites i
  where i.id = p_invite_id and i.secret_hash = decode(p_secret_hash, 'hex') and i.accepted_at is null
  for update;
  if v_tenant_id is null or not exists (
    select from public.invites i where i.id = p_invite_id and i.accepted_at is null and i.expires_at > clock_timestamp())
  then
    return null;
  end if;
  -- A user who is added at the same moment counts as found.
  insert into public.users (id, tenant_id, email, role) values (p_user_id, v_tenant_id, v_email, v_role)
  on conflict do nothing;
  select u.id into v_user_id
  from public.users u
  where u.tenant_id = v_tenant_id and lower(u.email) = v_email and u.deleted_at is null
  for no key update;
  return case when public.may_be_invited(v_user_id) then v_user_id end;
end $$;

-- Marks a locked invite as accepted by this user, who gets its role.
create or replace function public.mark_invite_accepted(p_invite_id uuid, p_user_id uuid, p_now timestamptz) returns void
language plpgsql as $$
begin
  update public.users u
  set role = i.role, updated_at = p_now
  from public.invites i
  where i.id = p_invite_id and u.id = p_user_id and u.role <> i.role;
  update public.invites i set accepted_at = p_now, updated_at = p_now where i.id = p_invite_id;
end $$;
