-- Opens a session of a runner for 24 hours, with a runner key or with a key of an OWNER or ADMIN. A null `p_definition_ids`
-- means all definitions that the key may lease; of those with `runner_tags`, only the ones whose tags are all in `p_tags`. It also deletes
-- sessions of the tenant that expired at least a day ago and hold no run.
--
-- A key has at most 100 open sessions. For another one, the oldest of the silent sessions that hold no run is closed. Who is silent
-- is not known here, since an idle runner waits at the hub without asking the database. So the first call is refused with the open
-- sessions, and the second has in `p_silent_ids` those that were silent at `p_silent_at`. Both are null in the first call.
--
-- Closes the race between two calls for one key: both lock the key, so the second sees the session of the first. Closes the race
-- with a lease: it changes `last_seen_at`, and a session that was seen after `p_silent_at` is not closed.
--
-- Answers {"result": {"expires_at", "workflow_definition_ids": null for all}}, or "refused": unauthenticated, forbidden (the
-- key of a USER), definitions (with "ids": those that do not exist, or that the key may not lease), too_many (with "now" and
-- "sessions", in the form of `open_sessions_json`: the key's open sessions, the oldest first)
create or replace function public.open_runner_session(
  p_context jsonb, p_session_id uuid, p_name text, p_definition_ids uuid[], p_capacity integer, p_silent_ids uuid[],
  p_silent_at timestamptz, p_tags text[] default '{}'
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  c_lifetime constant interval := '24 hours';
  c_most_open constant integer := 100;
  c_forgotten_at_once constant integer := 100;
  v_key_hash constant bytea := decode(p_context #>> '{caller,api_key_hash}', 'hex');
  v_now timestamptz;
  v_api_key_id uuid;
  v_tenant_id uuid;
  v_key_definition_ids uuid[];
  v_is_administrator boolean;
  v_unknown_ids uuid[];
  v_sessions jsonb;
begin
  -- 1. Lock the key, and judge its holder after that.
  perform k.id
  from public.find_key_holder(v_key_hash, null) holder
  join public.api_keys k on k.id = holder.api_key_id
  where holder.is_administrator
  for no key update of k;
  select holder.api_key_id, holder.tenant_id, holder.workflow_definition_ids, holder.is_administrator
  into v_api_key_id, v_tenant_id, v_key_definition_ids, v_is_administrator
  from public.find_key_holder(v_key_hash, null) holder;
  if v_tenant_id is null then
    return public.answer_of(p_context, null, '{"refused": "unauthenticated"}');
  end if;
  if not v_is_administrator then
    return public.answer_of(p_context, v_tenant_id, '{"refused": "forbidden"}');
  end if;
  v_now := clock_timestamp();
  select array_agg(named.id) into v_unknown_ids
  from unnest(p_definition_ids) named (id)
  where not public.covers_definition(v_key_definition_ids, named.id)
    or not exists (
      select from public.workflow_definitions d where d.tenant_id = v_tenant_id and d.id = named.id);
  if v_unknown_ids is not null then
    return public.answer_of(p_context, v_tenant_id,
      jsonb_build_object('refused', 'definitions', 'ids', v_unknown_ids));
  end if;

  -- 2. Forget sessions that are over.
  delete from public.runner_sessions s
  where s.id in (
    select expired.id
    from public.runner_sessions expired
    where expired.tenant_id = v_tenant_id and expired.expires_at < v_now - interval '1 day'
      and not exists (select from public.running_attempts a where a.session_id = expired.id)
    limit c_forgotten_at_once
    for update skip locked);

  -- 3. Does the key have room for another one? If not, close a silent one.
  select jsonb_agg(jsonb_build_object(
    'id', s.id, 'last_seen_at', public.wire_instant(s.last_seen_at), 'is_working', exists (
      select from public.running_attempts a where a.session_id = s.id)) order by s.expires_at, s.id)
  into v_sessions
  from (
    select s.id, s.last_seen_at, s.expires_at
    from public.open_sessions_of_key(v_api_key_id, v_now) s
    order by s.expires_at
    limit c_most_open
  ) s;
  if jsonb_array_length(v_sessions) >= c_most_open then
    delete from public.runner_sessions s
    where s.last_seen_at <= p_silent_at and s.id = (
      select candidate.id
      from rows from (jsonb_to_recordset(v_sessions) as (id uuid, is_working boolean)) with ordinality
        as candidate (id, is_working, place)
      where candidate.id = any (p_silent_ids) and not candidate.is_working
      order by candidate.place
      limit 1);
    if not found then
      return public.answer_of(p_context, v_tenant_id, jsonb_build_object(
        'refused', 'too_many', 'sessions', v_sessions, 'now', public.wire_instant(v_now)));
    end if;
  end if;

  -- 4. Open the session.
  insert into public.runner_sessions (id, tenant_id, api_key_id, name, workflow_definition_ids, capacity, expires_at, tags)
  values (p_session_id, v_tenant_id, v_api_key_id, p_name, p_definition_ids, p_capacity, v_now + c_lifetime, p_tags);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('expires_at', public.wire_instant(v_now + c_lifetime),
      'workflow_definition_ids', coalesce(p_definition_ids, v_key_definition_ids))),
    '{"others": true}');
end $$;
