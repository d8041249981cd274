-- Caps: how much of something a tenant may have. They keep one tenant from filling the database of all. A cap is for:
--   definitions       workflow definitions
--   path_parts        files and folders, without the nodes of definitions
--   waiting_runs      PENDING runs: in a queue, delayed, and in a back-off. Suspended runs do not count until they have resumed
--   artifact_bytes    the bytes of the files of runs, also of those of a deleted definition, as long as the sweep has not deleted them
--   sign_in_sessions  the open sessions of one user: see `begin_sign_in_session`
--
-- What is above its cap stays, and only what is new is refused. A run that is retried or given back is not new.
--
-- A cap is approximate. What is made at the same moment is not counted, and the rows of a large tenant are not counted for each request:
-- see `judge_cap`.

-- The cap of a tenant: its own if the operator has given it one, otherwise that of its class (`set_limits`).
create or replace function public.cap_of(p_limits text, p_caps jsonb, p_cap text) returns bigint
language sql immutable as $$
  select coalesce(p_caps ->> p_cap, case p_limits
    when 'large' then '{"definitions": 100000, "path_parts": 1000000, "waiting_runs": 1000000, "artifact_bytes": 10000000000000,
      "sign_in_sessions": 200}'::jsonb
    else '{"definitions": 10000, "path_parts": 100000, "waiting_runs": 100000, "artifact_bytes": 100000000000,
      "sign_in_sessions": 50}'::jsonb
  end ->> p_cap)::bigint
$$;

-- How much a tenant has now of what a cap is for, and how many rows were read for that. Of sessions: how many the user has who has most.
create or replace function public.count_for_cap(p_tenant_id uuid, p_cap text) returns table (amount bigint, counted_rows bigint)
language plpgsql stable rows 1 as $$
begin
  case p_cap
    when 'definitions' then
      return query select count(*), count(*) from public.workflow_definitions d where d.tenant_id = p_tenant_id;
    when 'path_parts' then
      return query
      select parts.count - nodes.count, parts.count + nodes.count
      from (select count(*) from public.path_parts part where part.tenant_id = p_tenant_id) parts,
        (select count(*) from public.path_parts node
          where node.tenant_id = p_tenant_id and node.part_type = 'WORKFLOW_DEFINITION') nodes;
    when 'waiting_runs' then
      return query
      select count(*) filter (where r.suspended_at is null), count(*) from public.workflow_runs r
      where r.tenant_id = p_tenant_id and r.status = 'PENDING'
        and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone);
    when 'artifact_bytes' then
      return query
      select coalesce(sum(file.bytes), 0)::bigint, count(*)
      from (
        select a.bytes from public.workflow_run_artifacts a where a.tenant_id = p_tenant_id and a.stored_at is not null
        union all
        select a.bytes from public.workflow_run_artifacts a where a.tenant_id = p_tenant_id and a.stored_at is null
      ) file;
    when 'sign_in_sessions' then
      return query
      select coalesce(max(of_user.count), 0), coalesce(sum(of_user.count), 0)::bigint
      from (
        select count(*) from public.sign_in_sessions s
        where s.tenant_id = p_tenant_id and s.ended_at is null and s.ends_at > statement_timestamp()
        group by s.user_id
      ) of_user;
  end case;
end $$;

-- May a tenant have so much more? Returns {}, or {"refused": "cap_reached", "cap", "limit"}.
--
-- Usually it reads one row: the last count, in `tenant_counts`. It counts again
-- - at most once in ten microseconds for each row that the last count has read, when these were more than a thousand. So counting takes a
--   small part of the time, and the limit holds, or is lifted after deletions, as much later: a second later for 100,000 rows.
-- - of waiting runs, only when there may be too many. Each run that begins to wait has an event, so there are at most as many more than
--   at the last count as there were events since. Suspended runs that have resumed by themselves have none, and may exceed the cap: they
--   are not new.
--
-- The new count is stored only if no other transaction is storing one at the same moment. So nobody waits for a lock here.
create or replace function public.judge_cap(p_tenant_id uuid, p_cap text, p_more bigint) returns jsonb
language plpgsql as $$
declare
  c_always_counted constant integer := 1000;
  v_limit bigint;
  v_amount bigint;
  v_rows bigint;
  v_event_id bigint;
  v_next_at timestamptz;
  v_last_event_id bigint;
begin
  select public.cap_of(t.limits, t.caps, p_cap), c.amount, c.counted_rows, c.event_id,
    c.counted_at + c.counted_rows * interval '10 microseconds', public.last_event_id()
  into v_limit, v_amount, v_rows, v_event_id, v_next_at, v_last_event_id
  from public.tenants t
  left join public.tenant_counts c on c.tenant_id = t.id and c.cap = p_cap
  where t.id = p_tenant_id;
  if p_cap = 'waiting_runs' and v_last_event_id >= v_event_id and v_amount + (v_last_event_id - v_event_id) + p_more <= v_limit then
    return '{}';
  end if;
  if v_amount is null or v_rows <= c_always_counted or v_next_at <= clock_timestamp() then
    select counted.amount, counted.counted_rows into v_amount, v_rows from public.count_for_cap(p_tenant_id, p_cap) counted;
    if pg_try_advisory_xact_lock(hashtextextended('counts of ' || p_tenant_id || ' ' || p_cap, 0)) then
      insert into public.tenant_counts (tenant_id, cap, amount, counted_rows, event_id, counted_at)
      values (p_tenant_id, p_cap, v_amount, v_rows, v_last_event_id, clock_timestamp())
      on conflict (tenant_id, cap) do update
      set amount = excluded.amount, counted_rows = excluded.counted_rows, event_id = excluded.event_id, counted_at = excluded.counted_at;
    end if;
  end if;
  return case
    when v_amount + p_more > v_limit then jsonb_build_object('refused', 'cap_reached', 'cap', p_cap, 'limit', v_limit)
    else '{}'
  end;
end $$;
