-- The audit log: one row for each call by which a person or a key has changed something other than a run's own life, and for each stop,
-- retry and deletion of runs. There is no row for a refusal, a replay, or a call that changes nothing.
--
-- A verb writes its row itself, in its transaction, by one of two functions:
--   audit_change   the object has changed: the verb calls `audited` before its change and passes that on
--   audit_act      something was done that changes no field of the object, such as a test notification, or that concerns many objects
-- Rows are never changed. `remove_audit_events` removes the old ones, and nothing else does.

-- Who calls, as the audit log names them: {"user_id", "name", "credential_kind", "credential_id", "credential_name"}. The credential is
-- the API key, also that with which a session of the dashboard began, the login, the grant of an agent, or a session token of the login
-- service. `p_actor` is for a call without a caller, such as the acceptance of an invite: {"user_id", "credential_kind", "credential_id"}.
create or replace function public.actor_of(p_context jsonb, p_actor jsonb default null) returns jsonb
language plpgsql stable as $$
declare
  v_caller constant jsonb := coalesce(p_context -> 'caller', '{}');
  v_actor jsonb := p_actor;
  v_credential_id uuid;
begin
  if v_actor is null and v_caller ? 'api_key_hash' then
    select jsonb_build_object('user_id', k.user_id, 'credential_kind', 'api_key', 'credential_id', k.id) into v_actor
    from public.api_keys k where k.key_hash = decode(v_caller ->> 'api_key_hash', 'hex');
  elsif v_actor is null then
    v_actor := jsonb_build_object('user_id', v_caller -> 'user_id') || case
      when v_caller ->> 'api_key_id' is not null then
        jsonb_build_object('credential_kind', 'api_key', 'credential_id', v_caller -> 'api_key_id')
      when v_caller ->> 'login_id' is not null then
        jsonb_build_object('credential_kind', 'login', 'credential_id', v_caller -> 'login_id')
      when v_caller ->> 'agent_grant_id' is not null then
        jsonb_build_object('credential_kind', 'agent', 'credential_id', v_caller -> 'agent_grant_id')
      else '{"credential_kind": "session_token"}'
    end;
  end if;
  v_credential_id := v_actor ->> 'credential_id';
  return v_actor || jsonb_build_object('credential_name', case v_actor ->> 'credential_kind'
    when 'api_key' then (select k.name from public.api_keys k where k.id = v_credential_id)
    when 'login' then (select public.audit_host(l.iss) from public.logins l where l.id = v_credential_id)
    when 'agent' then (select g.client_name from public.agent_grants g where g.id = v_credential_id)
  end) || jsonb_build_object('name', public.audited_user((v_actor ->> 'user_id')::uuid) -> 'name');
end $$;

-- The `p_actor` of a call whose proof names a session of the dashboard.
create or replace function public.actor_of_session(s public.sign_in_sessions) returns jsonb
language sql immutable as $$
  select jsonb_build_object('user_id', s.user_id, 'credential_kind', case when s.api_key_id is null then 'login' else 'api_key' end,
    'credential_id', coalesce(s.api_key_id, s.login_id))
$$;

-- Records that a call has changed the object of this kind with this id, which was `p_before` (see `audited`), null for a new object.
-- When nothing of it has changed, nothing is recorded. `p_detail` says more, such as the reason of a stop.
create or replace function public.audit_change(
  p_context jsonb, p_tenant_id uuid, p_action text, p_kind text, p_id uuid, p_before jsonb, p_detail jsonb default null,
  p_actor jsonb default null
) returns void
language plpgsql as $$
declare
  v_after constant jsonb := public.audited(p_kind, p_id);
  v_of jsonb;
  v_before jsonb;
  v_after_shown jsonb;
  v_hidden text[];
begin
  select jsonb_object_agg(changed.name, changed.before) filter (where p_before is not null),
    jsonb_object_agg(changed.name, changed.after) filter (where v_after is not null)
  into v_before, v_after_shown
  from (
    select coalesce(b.key, a.key) as name, b.value as before, a.value as after
    from jsonb_each(p_before -> 'shown') b
    full join jsonb_each(v_after -> 'shown') a on a.key = b.key
    where b.value is distinct from a.value
  ) changed;
  v_hidden := array(
    select left(coalesce(b.key, a.key), 100)
    from jsonb_each(p_before -> 'hidden') b
    full join jsonb_each(v_after -> 'hidden') a on a.key = b.key
    where b.value is distinct from a.value
    order by 1
    limit 50);
  if v_before is null and v_after_shown is null and v_hidden = '{}' then
    return;
  end if;
  v_of := coalesce(v_after, p_before);
  perform public.insert_audit_event(p_context, p_tenant_id, p_action, v_of -> 'object', v_of -> 'about', v_before, v_after_shown,
    v_hidden, p_detail, p_actor);
end $$;

-- Records an act on the object of this kind with this id, whose fields it has not changed; without an id, on many such objects. `p_about`
-- is {"kind", "id"} of another object that it concerns.
create or replace function public.audit_act(
  p_context jsonb, p_tenant_id uuid, p_action text, p_kind text, p_id uuid, p_detail jsonb, p_about jsonb default null
) returns void
language plpgsql as $$
begin
  perform public.insert_audit_event(p_context, p_tenant_id, p_action,
    coalesce(public.audited(p_kind, p_id) -> 'object', jsonb_build_object('kind', p_kind, 'id', p_id)),
    public.audited(p_about ->> 'kind', (p_about ->> 'id')::uuid) -> 'object', null, null, '{}', p_detail, null);
end $$;

-- Inserts the row of an event. When what it shows would be larger than 16 KiB, it has the names of the fields only.
create or replace function public.insert_audit_event(
  p_context jsonb, p_tenant_id uuid, p_action text, p_object jsonb, p_about jsonb, p_before jsonb, p_after jsonb, p_hidden text[],
  p_detail jsonb, p_actor jsonb
) returns void
language plpgsql as $$
declare
  c_most_bytes constant integer := 16384;
  v_actor constant jsonb := public.actor_of(p_context, p_actor);
  v_is_too_large constant boolean := octet_length(
    concat(p_before, p_after, p_detail, array_to_string(p_hidden, ','))) > c_most_bytes;
begin
  insert into public.audit_events (id, tenant_id, at, actor_id, actor_name, credential_kind, credential_id, credential_name, action,
    object_kind, object_id, object_name, about_kind, about_id, about_name, before, after, hidden, detail, request_id)
  values (gen_random_uuid(), p_tenant_id, date_trunc('milliseconds', clock_timestamp()), (v_actor ->> 'user_id')::uuid,
    v_actor ->> 'name', v_actor ->> 'credential_kind', (v_actor ->> 'credential_id')::uuid, v_actor ->> 'credential_name', p_action,
    p_object ->> 'kind', (p_object ->> 'id')::uuid, p_object ->> 'name',
    p_about ->> 'kind', (p_about ->> 'id')::uuid, p_about ->> 'name',
    case when not v_is_too_large then p_before end, case when not v_is_too_large then p_after end,
    case when not v_is_too_large then p_hidden else array(
      select field.name
      from (
        select jsonb_object_keys(coalesce(p_before, '{}') || coalesce(p_after, '{}')) union select unnest(p_hidden)
      ) field (name)
      order by field.name) end,
    case when not v_is_too_large then p_detail end, p_context ->> 'request_id');
end $$;

-- Up to `p_limit` rows of the audit log that are older than `p_days`, and than 90 days, the oldest first.
create or replace function public.old_audit_events(p_days integer, p_limit integer, p_only uuid[], p_except uuid[])
returns table (tenant_id uuid, at timestamptz, id uuid)
language sql stable as $$
  select e.tenant_id, e.at, e.id
  from public.audit_events e
  where e.at < statement_timestamp() - make_interval(days => greatest(p_days, 90)) and public.takes(e.id, p_only, p_except)
  order by e.at
  limit p_limit
$$;

-- Removes up to `p_limit` rows of the audit log that are older than `p_days`, the oldest first, and returns how many. It never removes a row
-- that is younger than 90 days, whatever it is asked for.
--
-- SECURITY DEFINER, so that the role of the Worker needs no right to delete rows: see docs/operations.md.
create or replace function public.remove_audit_events(
  p_days integer, p_limit integer, p_only uuid[] default null, p_except uuid[] default '{}'
) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_removed integer;
begin
  with old as (
    select e.tenant_id, e.at, e.id
    from public.old_audit_events(p_days, p_limit, p_only, p_except) found
    join public.audit_events e on e.tenant_id = found.tenant_id and e.at = found.at and e.id = found.id
    for update of e skip locked
  )
  delete from public.audit_events e using old where e.tenant_id = old.tenant_id and e.at = old.at and e.id = old.id;
  get diagnostics v_removed = row_count;
  return v_removed;
end $$;
