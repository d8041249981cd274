-- The files of runs. Their content is in a bucket, one object for each file.
--
-- An upload has three steps: `reserve_artifact` inserts a row, the Worker puts the object into the bucket, and `commit_artifact` marks the
-- row as stored. When a row is deleted, by whatever statement, the trigger `workflow_run_artifacts_delete_objects` inserts the key of its
-- object into `artifact_deletions`, and the sweep deletes the object. So at any moment, each object has a row in one of the two tables.

-- The key of the object of a file in the bucket.
create or replace function public.artifact_key(p_tenant_id uuid, p_run_id uuid, p_attempt integer, p_artifact_id uuid) returns text
language sql immutable as $$
  select p_tenant_id || '/' || p_run_id || '/' || p_attempt || '/' || p_artifact_id
$$;

-- How long a reservation lasts. The Worker gives up an upload before that, so nothing is put into the bucket afterwards. Until then, the
-- object may still be in transfer, so it must not be deleted yet, even if nobody needs it any more.
create or replace function public.artifact_reservation() returns interval
language sql immutable as $$
  select interval '1 hour'
$$;

-- When the object of a file may be deleted after its row. It is cut to milliseconds: the column would round it, perhaps into the future.
create or replace function public.artifact_deletion_due_at(p_created_at timestamptz, p_stored_at timestamptz, p_now timestamptz)
returns timestamptz
language sql immutable as $$
  select case when p_stored_at is null then greatest(p_created_at + public.artifact_reservation(), now.at) else now.at end
  from (select date_trunc('milliseconds', p_now) as at) now
$$;

-- The files of an attempt that are stored, by their names: [{"id", "key", "attempt", "name", "content_type", "bytes", "sha256", "stored_at"}].
-- With `p_from`, the newest of each name of the attempts from that one on: see `files_begin_at`.
-- It is plpgsql, so its plan is kept for the connection. For a run without files, it costs one look-up.
create or replace function public.artifacts_of(p_run_id uuid, p_attempt integer, p_from integer default null) returns jsonb
language plpgsql stable as $$
begin
  return coalesce((
    select jsonb_agg(jsonb_build_object('id', a.id, 'key', public.artifact_key(a.tenant_id, a.run_id, a.attempt, a.id),
      'attempt', a.attempt, 'name', a.name, 'content_type', a.content_type, 'bytes', a.bytes, 'sha256', a.sha256,
      'stored_at', public.wire_instant(a.stored_at)) order by a.name)
    from (
      select distinct on (stored.name) stored.*
      from public.workflow_run_artifacts stored
      where stored.run_id = p_run_id and stored.attempt between coalesce(p_from, p_attempt) and p_attempt and stored.stored_at is not null
      order by stored.name, stored.attempt desc
    ) a), '[]');
end $$;

-- The first of the attempts whose files a run has: since its last retry. So a file does not vanish when a later attempt goes on, after a
-- suspension or after a runner has given the run back.
create or replace function public.files_begin_at(p_run_id uuid, p_attempt integer) returns integer
language plpgsql stable as $$
begin
  if p_attempt = 1 then
    return 1;
  end if;
  return (
    select coalesce(max(e.attempt), 1) from public.workflow_run_events e where e.run_id = p_run_id and e.type = 'RETRIED');
end $$;

-- Has the run room for one more file of this size? A stored file of the same name and attempt does not count, since the new one replaces
-- it. Call it while the definition is locked. Returns {}, or {"refused"} which is one of:
--   too_many (with "limit"), too_large (with "limit" and "bytes": those of the other files)
create or replace function public.judge_artifact_room(p_run_id uuid, p_attempt integer, p_artifact_id uuid, p_name text, p_bytes bigint)
returns jsonb
language plpgsql stable as $$
declare
  c_most_files constant integer := 50;
  c_most_bytes constant bigint := 1073741824;
  v_files integer;
  v_bytes bigint;
begin
  select count(*), coalesce(sum(a.bytes), 0) into v_files, v_bytes
  from public.workflow_run_artifacts a
  where a.run_id = p_run_id and a.id <> p_artifact_id
    and not (a.attempt = p_attempt and a.name = p_name and a.stored_at is not null);
  return case
    when v_files >= c_most_files then jsonb_build_object('refused', 'too_many', 'limit', c_most_files)
    when v_bytes + p_bytes > c_most_bytes then jsonb_build_object('refused', 'too_large', 'limit', c_most_bytes, 'bytes', v_bytes)
    else '{}'
  end;
end $$;
