-- What has kept an old snapshot of this database open for longer than `p_min_seconds`. Postgres cannot remove the dead rows and
-- index entries that such a snapshot may still see, so every read of RUNNING and PENDING runs has to pass over them.
--
-- One row for each:
--   kind          transaction (of a session), prepared_transaction, or replication (a slot, or a standby without one)
--   age_seconds   since its transaction began, it was prepared, or the slot was last used; null when Postgres does not say
--   name          the process id, the name of the prepared transaction, or that of the slot
--   role, program, state   of a session
--
-- It is plpgsql, so its plan is kept for the connection. Planning these views takes longer than reading them.
--
-- A role without pg_read_all_stats sees only the sessions of its own role.
create or replace function public.old_snapshots(p_min_seconds integer default 60)
returns table (kind text, age_seconds float8, name text, role text, program text, state text)
language plpgsql stable as $$
#variable_conflict use_column
begin return query
  with
    -- Postgres does not date the snapshots of replication. One that is as old as a transaction whose event is older than
    -- `p_min_seconds`, or older, is too old. `age` is a number of transactions.
    last_event as (
      select pg_snapshot_xmax(pg_current_snapshot())::text::numeric - e.xid::text::numeric as age
      from public.workflow_run_events e
      where e.at <= statement_timestamp() - make_interval(secs => p_min_seconds)
      order by e.id desc
      limit 1
    ),
    snapshots as (
      select 'transaction' as kind, a.xact_start as since, null::integer as age, a.pid::text as name,
        a.usename::text as role, nullif(a.application_name, '') as program, a.state
      from pg_stat_activity a
      where a.datname = current_database() and (a.backend_xmin is not null or a.backend_xid is not null)
        and a.pid <> pg_backend_pid() and a.leader_pid is null and a.backend_type not in ('autovacuum worker', 'walsender')
        -- A vacuum has a snapshot, but holds up no other vacuum.
        and not exists (select from pg_stat_progress_vacuum v where v.pid = a.pid)
      union all
      select 'prepared_transaction', p.prepared, null, p.gid, p.owner::text, null, null
      from pg_prepared_xacts p where p.database = current_database()
      union all
      -- `inactive_since` is there since Postgres 17.
      select 'replication', (to_jsonb(s) ->> 'inactive_since')::timestamptz, greatest(age(s.xmin), age(s.catalog_xmin)),
        s.slot_name::text, null, null, case when s.active then 'active' else 'inactive' end
      from pg_replication_slots s where s.xmin is not null or s.catalog_xmin is not null
      union all
      select 'replication', null, age(a.backend_xmin), a.pid::text, a.usename::text, nullif(a.application_name, ''), a.state
      from pg_stat_activity a where a.backend_type = 'walsender' and a.backend_xmin is not null
    )
  select s.kind, extract(epoch from statement_timestamp() - s.since)::float8, s.name, s.role, s.program, s.state
  from snapshots s
  where s.since <= statement_timestamp() - make_interval(secs => p_min_seconds)
    or s.since is null and s.age >= (select l.age from last_event l)
  order by s.since nulls first;
end $$;
