-- The parts that the verbs of runners without a URL have in common. Such a runner opens a session with its key
-- (`open_runner_session`), leases runs (`lease_runs`), sends heartbeats (`record_heartbeat`), and ends a run (`record_result`)
-- or gives it back (`release_run`).

-- The holder of an API key that may open a session of a runner, found by the hash of the key or by the id that a session has:
-- one row, or none when the key or its user is not valid now. A runner key is valid as long as the user who made it is an OWNER
-- or ADMIN. Any other key may open a session only if it has no scopes, and its user is an OWNER or ADMIN, which `is_administrator` says.
create or replace function public.find_key_holder(p_key_hash bytea, p_api_key_id uuid)
returns table (api_key_id uuid, tenant_id uuid, workflow_definition_ids uuid[], is_administrator boolean)
language sql stable as $$
  select k.id, k.tenant_id, k.workflow_definition_ids, public.is_administrator(u.role)
  from public.api_keys k
  join public.users u on u.tenant_id = k.tenant_id and u.id = k.user_id
  where (k.key_hash = p_key_hash or k.id = p_api_key_id) and k.scopes is null and public.key_works(k.revoked_at, k.expires_at)
    and u.deactivated_at is null and (k.kind = 'USER' or public.is_administrator(u.role))
$$;

-- True when a list of definitions contains this one. Null stands for all definitions.
create or replace function public.covers_definition(p_definition_ids uuid[], p_definition_id uuid) returns boolean
language sql immutable as $$
  select p_definition_ids is null or p_definition_id = any (p_definition_ids)
$$;

-- The session that the token of a runner has proved, if it is open at this instant and its key and its user are valid: one row, or
-- none. With `p_or_closed`, it may also have been closed. It may lease runs of the definitions that both lists cover.
create or replace function public.find_session(p_context jsonb, p_now timestamptz, p_or_closed boolean default false)
returns table (name text, capacity integer, definition_ids uuid[], key_definition_ids uuid[], tags text[])
language sql stable as $$
  select s.name, s.capacity, s.workflow_definition_ids, holder.workflow_definition_ids, s.tags
  from public.runner_sessions s
  cross join lateral public.find_key_holder(null, s.api_key_id) holder
  where s.id = (p_context #>> '{session,session_id}')::uuid and s.tenant_id = (p_context #>> '{session,tenant_id}')::uuid
    and (s.expires_at > p_now or p_or_closed and s.workflow_definition_ids = '{}') and holder.is_administrator
$$;

-- How many seconds the lease of a run lasts.
create or replace function public.lease_time_of(p_run_id uuid) returns integer
language plpgsql stable as $$
begin
  return (
    select d.lease_seconds from public.workflow_definitions d
    where d.id = (select r.workflow_definition_id from public.workflow_runs r where r.id = p_run_id));
end $$;

-- A leased run, as it is answered to its runner, and as `answer_with` takes it (see `changed_run`): one row. `p_ends_at` is that of its
-- attempt. `input` is a string of JSON, since `jsonb` would write some numbers differently.
create or replace function public.leased_run(
  r public.workflow_runs, p_lease_expires_at timestamptz, p_lease_seconds integer, p_ends_at timestamptz
) returns table (lease jsonb, changed jsonb)
language sql stable as $$
  select jsonb_build_object(
    'run_id', r.id, 'tenant_id', r.tenant_id, 'attempt', r.attempt, 'deadline_at', public.wire_instant(r.deadline_at),
    'run_snapshot', r.run_snapshot, 'input', r.input::text, 'traceparent', r.traceparent, 'labels', labelled.labels,
    'resume', case when r.attempt > 1 then public.resume_of(r.id, r.attempt) end,
    'scheduled_at', r.triggered_by -> 'scheduled_at', 'previous_scheduled_at', r.triggered_by -> 'previous_scheduled_at',
    'lease_expires_at', public.wire_instant(p_lease_expires_at), 'lease_seconds', p_lease_seconds),
    public.changed_run(r.tenant_id, r.id, r.workflow_definition_id, false, least(r.deadline_at, p_ends_at))
  from public.run_labels(r.id) labelled
$$;

-- The sessions of a key that have not expired at an instant. To be sorted by `expires_at`, and limited: then there is only one index for
-- it. A key belongs to one tenant, so the tenant is not compared. Otherwise the planner might choose the index of the tenant's sessions,
-- and read those of all its keys.
create or replace function public.open_sessions_of_key(p_api_key_id uuid, p_now timestamptz) returns setof public.runner_sessions
language sql stable as $$
  select s.* from public.runner_sessions s where s.api_key_id = p_api_key_id and s.expires_at > p_now
$$;

-- How many open sessions a key has, counted up to `p_most`. They are read in the order of their index. With `enable_sort`, the planner
-- might read all of them and sort them, if it expects few.
create or replace function public.count_open_sessions(p_api_key_id uuid, p_now timestamptz, p_most integer) returns integer
language plpgsql stable set enable_sort = off as $$
begin
  return (
    select count(*)
    from (
      select from public.open_sessions_of_key(p_api_key_id, p_now) s order by s.expires_at limit p_most
    ) counted);
end $$;

-- The open sessions of runners: those that may lease runs of a definition at this instant, that have not expired, and whose keys
-- are valid. Without a definition: all such sessions of the tenant. `holds` are the runs that a session holds, the oldest lease
-- first: [{"run_id", "workflow_definition_id"}]. `is_working` is true when it holds any, and `is_late` when the last third of one of their
-- leases has begun: by then its runner should have sent two heartbeats. `last_seen_at` has heartbeats, too. `lacks` are the tags
-- that the definition wants and the session does not have: with some, it may not lease its runs after all. Whether a runner that holds no
-- run is alive is not known here, since an idle runner waits without asking the database.
--
-- However many sessions there are, it looks at 100 of them at most: of the keys with sessions, up to 100, each gets an equal share
-- for its newest sessions. So a key with very many sessions does not hide those of others. It is plpgsql, so its plan is kept for
-- the connection, and pages do not wait for it to be planned.
create or replace function public.open_sessions(p_tenant_id uuid, p_definition_id uuid, p_now timestamptz)
returns table (id uuid, name text, capacity integer, last_seen_at timestamptz, holds jsonb, is_working boolean, is_late boolean,
  tags text[], lacks text[])
language plpgsql stable rows 10 as $$
#variable_conflict use_column
begin return query
  -- `key` uses the index to jump from one key with sessions to the next, beginning with the newest. Tenant and key are compared
  -- together, so no index of other columns can be used instead, with which it would read the sessions of other tenants.
  with recursive key (tenant_id, id, place) as (
    (
      select s.tenant_id, s.api_key_id, 1
      from public.runner_sessions s
      where (s.tenant_id, s.api_key_id) <= (p_tenant_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
      order by s.tenant_id desc, s.api_key_id desc
      limit 1
    )
    union all
    select next.tenant_id, next.api_key_id, key.place + 1
    from key
    cross join lateral (
      select s.tenant_id, s.api_key_id
      from public.runner_sessions s
      where (s.tenant_id, s.api_key_id) < (key.tenant_id, key.id)
      order by s.tenant_id desc, s.api_key_id desc
      limit 1
    ) next
    where key.place < 100 and key.tenant_id = p_tenant_id
  ), holder as (
    select holder.api_key_id
    from key
    cross join lateral public.find_key_holder(null, key.id) holder
    cross join lateral (select from public.open_sessions_of_key(holder.api_key_id, p_now) s order by s.expires_at limit 1) session
    where key.tenant_id = p_tenant_id and holder.is_administrator
      and (p_definition_id is null or public.covers_definition(holder.workflow_definition_ids, p_definition_id))
  )
  select s.id, s.name, s.capacity, greatest(s.last_seen_at, held.heartbeat_at), held.holds, held.holds <> '[]', coalesce(held.is_late, false),
    s.tags, array(
      select wanted.tag
      from public.workflow_definitions d
      cross join lateral unnest(d.runner_tags) wanted (tag)
      where d.id = p_definition_id and wanted.tag <> all (s.tags))
  from holder
  cross join lateral (
    select s.id, s.name, s.capacity, s.last_seen_at, s.workflow_definition_ids, s.tags
    from public.open_sessions_of_key(holder.api_key_id, p_now) s
    order by s.expires_at desc
    limit (select 100 / nullif(count(*), 0) from holder)
  ) s
  cross join lateral (
    select coalesce(jsonb_agg(jsonb_build_object(
      'run_id', r.id, 'workflow_definition_id', r.workflow_definition_id) order by r.started_at, r.id), '[]') as holds,
      max(a.heartbeat_at) as heartbeat_at, bool_or(a.lease_expires_at < p_now + make_interval(secs => a.lease_seconds / 3)) as is_late
    from public.running_attempts a
    join public.workflow_runs r on r.id = a.run_id
    where a.session_id = s.id and public.ends_by_time(r.deadline_at, a.ends_at) > p_now
  ) held
  where p_definition_id is null or public.covers_definition(s.workflow_definition_ids, p_definition_id);
end $$;

-- The open sessions as the Worker needs them to find out which runners are connected: [{"id", "last_seen_at", "is_working",
-- "lacks"?}].
create or replace function public.open_sessions_json(p_tenant_id uuid, p_definition_id uuid, p_now timestamptz) returns jsonb
language plpgsql stable as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', s.id, 'last_seen_at', public.wire_instant(s.last_seen_at), 'is_working', s.is_working)
      || case when s.lacks <> '{}' then jsonb_build_object('lacks', s.lacks) else '{}' end), '[]')
    from public.open_sessions(p_tenant_id, p_definition_id, p_now) s);
end $$;
