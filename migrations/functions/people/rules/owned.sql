-- What belongs to a user, and ends by the user or an administrator: keys, grants of agents, and sessions of the dashboard.

-- True for a user who is the OWNER, when somebody else asks: only the OWNER ends what belongs to the OWNER.
create or replace function public.belongs_to_other_owner(p_caller_id uuid, p_user_id uuid) returns boolean
language plpgsql stable as $$
begin
  return p_user_id <> p_caller_id and exists (select from public.users u where u.id = p_user_id and u.role = 'OWNER');
end $$;

-- Locks what belongs to a user, if the caller may see that user, and checks that the caller may end it: their own, or for an OWNER or ADMIN
-- that of anybody in the tenant. Only the OWNER ends what belongs to the OWNER. `p_kind` is 'agent_grant', 'api_key' or 'sign_in_session';
-- or 'sign_in_sessions' for all open sessions of the user `p_id`, which is null for the caller's own.
--
-- Returns what `judge_owned` returns, after the lock.
create or replace function public.lock_and_judge_owned(p_context jsonb, p_kind text, p_id uuid) returns jsonb
language plpgsql as $$
declare
  v_judged constant jsonb := public.judge_owned(p_context, p_kind, p_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  case p_kind
    when 'agent_grant' then
      perform g.id from public.agent_grants g where g.id = p_id for update;
    when 'api_key' then
      perform k.id from public.api_keys k where k.id = p_id for no key update;
    when 'sign_in_session' then
      perform s.id from public.sign_in_sessions s where s.id = p_id for no key update;
    when 'sign_in_sessions' then
      perform s.id
      from public.sign_in_sessions s
      where s.tenant_id = (v_judged ->> 'tenant_id')::uuid and s.user_id = (v_judged ->> 'user_id')::uuid and s.ended_at is null
      order by s.id
      for no key update;
  end case;
  return public.judge_owned(p_context, p_kind, p_id);
end $$;

-- Whether the caller may end this: see `lock_and_judge_owned`. Returns {"tenant_id", "user_id" of the user whose it is}; or {"tenant_id"?,
-- "refused"} where `refused` is one of:
--   unauthenticated, not_found (there is nothing such that the caller may see, or it has ended), of_owner
create or replace function public.judge_owned(p_context jsonb, p_kind text, p_id uuid) returns jsonb
language plpgsql as $$
declare
  v_tenant_id uuid;
  v_caller_id uuid;
  v_role text;
  v_user_id uuid;
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_caller_id, v_role
  from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  v_user_id := case p_kind
    when 'agent_grant' then (select g.user_id from public.agent_grants g where g.tenant_id = v_tenant_id and g.id = p_id)
    when 'api_key' then (
      select k.user_id from public.api_keys k
      where k.tenant_id = v_tenant_id and k.id = p_id and public.key_works(k.revoked_at, k.expires_at))
    when 'sign_in_session' then (
      select s.user_id from public.sign_in_sessions s
      where s.tenant_id = v_tenant_id and s.id = p_id and s.ended_at is null and s.ends_at > statement_timestamp())
    when 'sign_in_sessions' then (
      select u.id from public.users u
      where u.tenant_id = v_tenant_id and u.id = coalesce(p_id, v_caller_id) and u.deleted_at is null)
  end;
  if v_user_id is null or not public.may_see_user(v_role, v_caller_id, v_user_id) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'not_found');
  end if;
  if public.belongs_to_other_owner(v_caller_id, v_user_id) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'of_owner');
  end if;
  return jsonb_build_object('tenant_id', v_tenant_id, 'user_id', v_user_id);
end $$;
