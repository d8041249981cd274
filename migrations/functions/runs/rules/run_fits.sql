-- Further conditions of a list of runs. All reads of lists that have them judge by these functions.

-- True for a run that fits all conditions of `p_more`, by its status, failure code and error of `run_as_seen`. Each is a list, of which one has to
-- hold; one that is missing holds for every run, and so does a null:
--   definition_ids  it is a run of one of these definitions
--   failure_codes   it is FAILED with one of these
--   alike           it is FAILED, and this is the hash of `error_fingerprint` of its error
--   triggers        one of these has triggered it: the id of a trigger, or 'person' for what no trigger has triggered
--   parent_run_id   not a list: it is a child of this run
--   waits           it is PENDING for one of these: an obstacle of `obstacle_of_run`, or 'queue' for a run that waits for a slot or a runner
create or replace function public.run_fits(
  r public.workflow_runs, p_status text, p_failure_code text, p_error text, p_more jsonb, p_now timestamptz
) returns boolean
language sql stable as $$
  select p_more is null or (
    coalesce(p_more -> 'definition_ids' ? r.workflow_definition_id::text, true)
    and (p_more -> 'parent_run_id' is null or p_more ->> 'parent_run_id' is not distinct from r.parent_run_id::text)
    and (p_more -> 'failure_codes' is null or p_status = 'FAILED' and p_more -> 'failure_codes' ? coalesce(p_failure_code, ''))
    and (p_more -> 'alike' is null or p_status = 'FAILED' and p_more -> 'alike' ? md5(public.error_fingerprint(p_error)))
    and coalesce(p_more -> 'triggers' ? coalesce(r.triggered_by ->> 'trigger_id', 'person'), true)
    and (p_more -> 'waits' is null or p_status = 'PENDING' and exists (
      select from public.workflow_definitions d
      where d.id = r.workflow_definition_id and p_more -> 'waits' ? coalesce(public.obstacle_of_run(r, d, p_now), 'queue'))))
$$;

-- Where the runs of a tenant that may fit these conditions are read, for `fitting_rows`: {"definition_ids", "states", "is_ended"}.
--   definition_ids  the definitions whose runs are read; missing for those of the tenant
--   states          the states in which they are stored, of which readers see one of `p_statuses`, or any when that is null
--   is_ended        true when a PENDING run fits only if it has expired
create or replace function public.place_of_fitting(p_tenant_id uuid, p_definition_id uuid, p_statuses text[], p_more jsonb)
returns jsonb
language plpgsql stable as $$
declare
  v_statuses constant text[] := array(
    select status from unnest(coalesce(p_statuses, '{PENDING,RUNNING,COMPLETED,FAILED}')) status
    where (coalesce(p_more -> 'failure_codes', p_more -> 'alike') is null or status = 'FAILED') and (p_more -> 'waits' is null or status = 'PENDING'));
  v_definition_ids jsonb := coalesce(to_jsonb(array_remove(array[p_definition_id], null)), '[]');
begin
  if v_definition_ids = '[]' then
    v_definition_ids := coalesce(p_more -> 'definition_ids', case when not p_more -> 'triggers' ? 'person' then (
      select jsonb_agg(distinct t.workflow_definition_id)
      from public.triggers t
      where t.tenant_id = p_tenant_id and p_more -> 'triggers' ? t.id::text) end);
  end if;
  return jsonb_strip_nulls(jsonb_build_object(
    'definition_ids', v_definition_ids, 'is_ended', not 'PENDING' = any (v_statuses),
    -- Readers see a run that is over as FAILED, whatever the state in which it is stored.
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
            and not (v_is_ended and r.status = 'PENDING' and coalesce(r.deadline_at > v_now, true))
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
            and not (v_is_ended and r.status = 'PENDING' and coalesce(r.deadline_at > v_now, true))
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
            and not (v_is_ended and r.status = 'PENDING' and coalesce(r.deadline_at > v_now, true))
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
            and not (v_is_ended and r.status = 'PENDING' and coalesce(r.deadline_at > v_now, true))
            and (r.created_at, r.id) > (p_low_at, p_low_id) and (r.created_at, r.id) < (p_high_at, p_high_id)
          order by r.created_at, r.id
          limit p_limit
        ) f
      ) found
      order by found.created_at, found.id
      limit p_limit;
  end if;
end $$;
