-- The filter of a list of runs, and where a list looks for the runs that fit. All lists judge by `fitting_run`, except those of which
-- the index of a state has each run: see `newestRuns` in src/runs/list-runs.ts.

-- The conditions of a list of runs as one value. It has those of `p_more`. Each is a list, of which one has to hold, unless it says
-- otherwise; one that is missing holds for every run:
--   statuses        it is in one of these states, as readers see it
--   definition_id   not a list: it is a run of this definition
--   definition_ids  it is a run of one of these definitions
--   user_id         not a list: it is a run of this user
--   failure_codes   it is FAILED with one of these
--   alike           it is FAILED, and this is the hash of `error_fingerprint` of its error
--   triggers        one of these has triggered it: the id of a trigger, or 'person' for what no trigger has triggered
--   parent_run_id   not a list: it is a child of this run
--   waits           it is PENDING for one of these: an obstacle of `obstacle_of_run`, or 'queue' for a run that waits for a slot or a runner
create or replace function public.run_filter(p_statuses text[], p_definition_id uuid, p_run_user_id uuid, p_more jsonb) returns jsonb
language sql stable as $$
  select coalesce(p_more, '{}') || jsonb_strip_nulls(jsonb_build_object(
    'statuses', to_jsonb(p_statuses), 'definition_id', p_definition_id, 'user_id', p_run_user_id))
$$;

-- A run, looked up by its id. The limit keeps the planner from reading the whole table for many of them, and from computing the state of each
-- of its runs.
create or replace function public.run_by_id(p_run_id uuid) returns setof public.workflow_runs
language sql stable rows 1 as $$
  select r.* from public.workflow_runs r where r.id = p_run_id limit 1
$$;

-- The run with this id as readers see it, if it fits a filter of `run_filter`, has all of these labels, and the caller may see it, who may
-- read the definitions `p_readable`. Otherwise there is no row.
create or replace function public.fitting_run(
  p_run_id uuid, p_filter jsonb, p_labels text[], p_role text, p_user_id uuid, p_readable uuid[], p_now timestamptz
) returns table (
  id uuid, created_at timestamptz, workflow_definition_id uuid, run_snapshot jsonb, status text, completed_at timestamptz, error text,
  failure_code text
)
language sql stable rows 1 as $$
  select r.id, r.created_at, r.workflow_definition_id, r.run_snapshot, seen.status, seen.completed_at, seen.error, seen.failure_code
  from public.run_by_id(p_run_id) r
  cross join lateral public.run_as_seen(r, p_now) seen
  where (p_filter -> 'definition_id' is null or r.workflow_definition_id = (p_filter ->> 'definition_id')::uuid)
    and (p_filter -> 'user_id' is null or r.user_id = (p_filter ->> 'user_id')::uuid)
    and coalesce(p_filter -> 'definition_ids' ? r.workflow_definition_id::text, true)
    and coalesce(p_filter -> 'statuses' ? seen.status, true)
    and (cardinality(p_labels) = 0 or public.has_labels(r.id, p_labels))
    and (p_filter -> 'parent_run_id' is null or r.parent_run_id = (p_filter ->> 'parent_run_id')::uuid)
    and (p_filter -> 'failure_codes' is null
      or seen.status = 'FAILED' and p_filter -> 'failure_codes' ? coalesce(seen.failure_code, ''))
    and (p_filter -> 'alike' is null or seen.status = 'FAILED' and p_filter -> 'alike' ? md5(public.error_fingerprint(seen.error)))
    and coalesce(p_filter -> 'triggers' ? coalesce(r.triggered_by ->> 'trigger_id', 'person'), true)
    and (p_filter -> 'waits' is null or seen.status = 'PENDING' and exists (
      select from public.workflow_definitions d
      where d.id = r.workflow_definition_id and p_filter -> 'waits' ? coalesce(public.obstacle_of_run(r, d, p_now), 'queue')))
    and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
    and public.run_is_visible(p_role, p_user_id, r.user_id, r.workflow_definition_id in (select unnest(p_readable)))
$$;

-- Where the runs of a tenant that may fit a filter are read, for `fitting_rows`: {"definition_ids", "states", "is_ended"}.
--   definition_ids  the definitions whose runs are read; missing for those of the tenant
--   states          the states in which they are stored, of which readers see one of the filter, or any without one
--   is_ended        true when a PENDING run fits only if it has expired
create or replace function public.place_of_fitting(p_tenant_id uuid, p_filter jsonb) returns jsonb
language plpgsql stable as $$
declare
  v_statuses constant text[] := array(
    select status from jsonb_array_elements_text(coalesce(p_filter -> 'statuses', '["PENDING", "RUNNING", "COMPLETED", "FAILED"]')) status
    where (coalesce(p_filter -> 'failure_codes', p_filter -> 'alike') is null or status = 'FAILED')
      and (p_filter -> 'waits' is null or status = 'PENDING'));
  v_definition_ids constant jsonb := coalesce(
    case when p_filter ? 'definition_id' then jsonb_build_array(p_filter -> 'definition_id') end, p_filter -> 'definition_ids',
    case when not p_filter -> 'triggers' ? 'person' then (
      -- The workflow of a deleted trigger is not known any more.
      select case when count(*) = jsonb_array_length(p_filter -> 'triggers') then jsonb_agg(distinct t.workflow_definition_id) end
      from public.triggers t
      where t.tenant_id = p_tenant_id and p_filter -> 'triggers' ? t.id::text) end);
begin
  return jsonb_strip_nulls(jsonb_build_object(
    'definition_ids', v_definition_ids, 'is_ended', not 'PENDING' = any (v_statuses),
    -- A run whose time is over is read as FAILED before that is recorded, so it may still be stored as PENDING or RUNNING.
    'states', case when 'FAILED' = any (v_statuses) then v_statuses || '{PENDING,RUNNING}' else v_statuses end));
end $$;

-- The tenant's runs that may fit, from the place of `place_of_fitting`, that lie between two places in the order of lists, newest first; when
-- not `p_is_older`, oldest first. The two orders are two statements, since each has to read the index in its direction.
create or replace function public.fitting_rows(
  p_tenant_id uuid, p_of jsonb, p_low_at timestamptz, p_low_id uuid, p_high_at timestamptz, p_high_id uuid, p_is_older boolean,
  p_limit bigint
) returns table (id uuid, created_at timestamptz)
language plpgsql stable as $$
declare
  v_definition_ids constant uuid[] := case when p_of ? 'definition_ids' then public.json_uuids(p_of -> 'definition_ids') end;
  v_states constant text[] := array(select distinct jsonb_array_elements_text(p_of -> 'states'));
  v_is_ended constant boolean := (p_of ->> 'is_ended')::boolean;
  v_now constant timestamptz := statement_timestamp();
begin
  if p_is_older then
    return query
      select found.id, found.created_at
      from (
        select f.id, f.created_at
        from unnest(case when v_definition_ids is null then v_states end) stored (status)
        cross join lateral (
          select r.id, r.created_at
          from public.workflow_runs r
          where r.tenant_id = p_tenant_id and r.status = stored.status
            and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
            and not (v_is_ended and r.status = 'PENDING' and public.is_unexpired(r.deadline_at, v_now))
            and (r.created_at, r.id) > (p_low_at, p_low_id) and (r.created_at, r.id) < (p_high_at, p_high_id)
          order by r.created_at desc, r.id desc
          limit p_limit
        ) f
        union all
        select f.id, f.created_at
        from unnest(v_definition_ids) named (id)
        cross join lateral (
          select r.id, r.created_at
          from public.workflow_runs r
          where r.workflow_definition_id = named.id and r.tenant_id = p_tenant_id and r.status = any (v_states)
            and not (v_is_ended and r.status = 'PENDING' and public.is_unexpired(r.deadline_at, v_now))
            and (r.created_at, r.id) > (p_low_at, p_low_id) and (r.created_at, r.id) < (p_high_at, p_high_id)
          order by r.created_at desc, r.id desc
          limit p_limit
        ) f
      ) found
      order by found.created_at desc, found.id desc
      limit p_limit;
  else
    return query
      select found.id, found.created_at
      from (
        select f.id, f.created_at
        from unnest(case when v_definition_ids is null then v_states end) stored (status)
        cross join lateral (
          select r.id, r.created_at
          from public.workflow_runs r
          where r.tenant_id = p_tenant_id and r.status = stored.status
            and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
            and not (v_is_ended and r.status = 'PENDING' and public.is_unexpired(r.deadline_at, v_now))
            and (r.created_at, r.id) > (p_low_at, p_low_id) and (r.created_at, r.id) < (p_high_at, p_high_id)
          order by r.created_at, r.id
          limit p_limit
        ) f
        union all
        select f.id, f.created_at
        from unnest(v_definition_ids) named (id)
        cross join lateral (
          select r.id, r.created_at
          from public.workflow_runs r
          where r.workflow_definition_id = named.id and r.tenant_id = p_tenant_id and r.status = any (v_states)
            and not (v_is_ended and r.status = 'PENDING' and public.is_unexpired(r.deadline_at, v_now))
            and (r.created_at, r.id) > (p_low_at, p_low_id) and (r.created_at, r.id) < (p_high_at, p_high_id)
          order by r.created_at, r.id
          limit p_limit
        ) f
      ) found
      order by found.created_at, found.id
      limit p_limit;
  end if;
end $$;
