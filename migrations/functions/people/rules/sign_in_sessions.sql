-- What the verbs of sign-in sessions have in common. A session is a person's time on the dashboard after a sign-in, and its cookie names
-- it: see `find_caller`.

-- How long a session may last, however often it is used. It ends with the key that it began with, if that is earlier.
create or replace function public.longest_sign_in_session() returns interval
language sql immutable as $$
  select interval '7 days'
$$;

-- Begins a session of a user, by a login or by an API key. When the user has more open sessions then than `caps.sql` allows, the oldest of
-- the others end: a login is never refused. Returns what the verb passes to `answer_of`: null, or {"ended_user_ids"} when some have ended.
create or replace function public.begin_sign_in_session(
  p_session_id uuid, p_tenant_id uuid, p_user_id uuid, p_login_id uuid, p_api_key_id uuid, p_began_at timestamptz, p_now timestamptz
) returns jsonb
language plpgsql as $$
begin
  insert into public.sign_in_sessions (id, tenant_id, user_id, login_id, api_key_id, began_at, last_used_at, ends_at)
  values (p_session_id, p_tenant_id, p_user_id, p_login_id, p_api_key_id, p_began_at,
    greatest(date_trunc('hour', p_now), p_began_at),
    least(p_began_at + public.longest_sign_in_session(), (
      select k.expires_at from public.api_keys k where k.tenant_id = p_tenant_id and k.id = p_api_key_id)))
  on conflict do nothing;
  update public.logins l
  set last_used_at = greatest(date_trunc('hour', p_now), l.created_at), entered_at = p_now
  where l.id = p_login_id;
  update public.sign_in_sessions s
  set ended_at = p_now
  where s.id in (
    select surplus.id
    from public.sign_in_sessions surplus
    where surplus.id in (
        select other.id
        from public.sign_in_sessions other
        where other.tenant_id = p_tenant_id and other.user_id = p_user_id and other.id <> p_session_id
          and other.ended_at is null and other.ends_at > p_now
        order by other.began_at desc, other.id desc
        offset (
          select public.cap_of(t.limits, t.caps, 'sign_in_sessions') - 1 from public.tenants t where t.id = p_tenant_id))
    for no key update skip locked);
  return case when found then jsonb_build_object('ended_user_ids', jsonb_build_array(p_user_id)) end;
end $$;

-- Who has signed in, as the cookie of their session says: {"tenant_id", "tenant_name", "user_id", "name", "role"}.
create or replace function public.person_of_session(p_user_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object('tenant_id', t.id, 'tenant_name', t.name, 'user_id', u.id,
      'name', public.display_name(u.first_name, u.last_name, u.email, u.id), 'role', u.role)
    from public.users u
    join public.tenants t on t.id = u.tenant_id
    where u.id = p_user_id);
end $$;
