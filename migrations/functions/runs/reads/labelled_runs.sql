-- Lists of the runs with given labels.

-- The tenant's runs with one label that come after one place and before another in the order of lists, newest first; when not
-- `p_is_older`, oldest first. A place is when a run was created, and its id. The two orders are two statements, since each has to
-- read the index in its direction.
create or replace function public.labelled_rows(
  p_tenant_id uuid, p_label text, p_low_at timestamptz, p_low_id uuid, p_high_at timestamptz, p_high_id uuid,
  p_is_older boolean, p_limit bigint
) returns table (id uuid, created_at timestamptz)
language plpgsql stable as $$
begin
  if p_is_older then
    return query
      select l.run_id, l.created_at
      from public.workflow_run_labels l
      where l.tenant_id = p_tenant_id and l.label = p_label
        and (l.created_at, l.run_id) > (p_low_at, p_low_id) and (l.created_at, l.run_id) < (p_high_at, p_high_id)
      order by l.created_at desc, l.run_id desc
      limit p_limit;
  else
    return query
      select l.run_id, l.created_at
      from public.workflow_run_labels l
      where l.tenant_id = p_tenant_id and l.label = p_label
        and (l.created_at, l.run_id) > (p_low_at, p_low_id) and (l.created_at, l.run_id) < (p_high_at, p_high_id)
      order by l.created_at, l.run_id
      limit p_limit;
  end if;
end $$;

-- One page of the runs with all of these labels that the caller may see and that match a filter: up to `p_limit`
-- of them, newest first, or oldest first when not `p_is_older`. The list goes on after the place `p_from_at`, `p_from_id`, if that
-- is given. A null in the filter matches all runs. `p_more` has further conditions: see `run_filter`. `status` is the state of the run as
-- readers see it now.
--
-- It reads the runs with the rarest of the labels in that order, and looks at 10,000 of them at most. Without labels, it reads those of
-- `fitting_rows`, and looks at 5,000. When these are not enough for the page, the last row says how far it has looked: `is_found` is false,
-- and the caller may not be allowed to see that run.
create or replace function public.labelled_runs(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_labels text[], p_statuses text[], p_definition_id uuid,
  p_run_user_id uuid, p_created_after timestamptz, p_created_before timestamptz, p_is_older boolean,
  p_from_at timestamptz, p_from_id uuid, p_limit bigint, p_more jsonb default null
) returns table (id uuid, created_at timestamptz, status text, is_found boolean)
language plpgsql stable as $$
declare
  c_window constant integer := case cardinality(p_labels) when 0 then 5000 else 10000 end;
  c_chunk constant integer := 1000;
  -- How many runs of each label are counted to find the rarest.
  c_counted constant integer := 100;
  v_now constant timestamptz := statement_timestamp();
  v_low_at timestamptz;
  v_low_id uuid;
  v_high_at timestamptz;
  v_high_id uuid;
  v_label text := p_labels[1];
  v_filter constant jsonb := public.run_filter(p_statuses, p_definition_id, p_run_user_id, p_more);
  v_of constant jsonb := public.place_of_fitting(p_tenant_id, v_filter);
  v_readable uuid[];
  v_ids uuid[];
  v_ats timestamptz[];
  v_wanted bigint;
  v_looked_at bigint := 0;
  v_found bigint := 0;
  v_rows bigint;
begin
  select page.low_at, page.low_id, page.high_at, page.high_id into v_low_at, v_low_id, v_high_at, v_high_id
  from public.page_bounds(p_created_after, p_created_before, p_is_older, p_from_at, p_from_id) page;
  -- The rarest label here is the one with the fewest runs or, of those with many, the one whose first hundred go furthest.
  if cardinality(p_labels) > 1 then
    select wanted.label into v_label
    from unnest(p_labels) with ordinality wanted (label, place)
    cross join lateral (
      select count(*) as runs, min(l.created_at) as oldest_at, max(l.created_at) as newest_at
      from public.labelled_rows(
        p_tenant_id, wanted.label, v_low_at, v_low_id, v_high_at, v_high_id, p_is_older, c_counted) l
    ) counted
    order by counted.runs, case when p_is_older then counted.oldest_at end,
      case when not p_is_older then counted.newest_at end desc, wanted.place
    limit 1;
  end if;
  v_readable := array(
    select definition.id from public.readable_definitions(p_role, p_tenant_id, p_user_id) definition);

  loop
    -- 1. Read the next runs with this label. The first time these are as many as the page needs: with one label, an
    --    administrator finds all of the page among them.
    v_wanted := least(case when v_looked_at = 0 then p_limit else c_chunk end, c_window - v_looked_at);
    select array_agg(l.id order by l.place), array_agg(l.created_at order by l.place) into v_ids, v_ats
    from (
      select labelled.id, labelled.created_at, labelled.place
      from public.labelled_rows(
        p_tenant_id, v_label, v_low_at, v_low_id, v_high_at, v_high_id, p_is_older, v_wanted
      ) with ordinality labelled (id, created_at, place)
      where v_label is not null
      union all
      select fitting.id, fitting.created_at, fitting.place
      from public.fitting_rows(
        p_tenant_id, v_of, v_low_at, v_low_id, v_high_at, v_high_id, p_is_older, v_wanted
      ) with ordinality fitting (id, created_at, place)
      where v_label is null
    ) l;
    exit when v_ids is null;
    v_looked_at := v_looked_at + cardinality(v_ids);

    -- 2. Return those that match. The last run that is looked at for a page is left out, since the next page begins with it.
    return query
      select r.id, r.created_at, r.status, true
      from unnest(v_ids) with ordinality looked_at (id, place)
      cross join lateral public.fitting_run(
        looked_at.id, v_filter, array_remove(p_labels, v_label), p_role, p_user_id, v_readable, v_now) r
      where v_looked_at < c_window or looked_at.place < v_wanted
      order by looked_at.place
      limit p_limit - v_found;
    get diagnostics v_rows = row_count;
    v_found := v_found + v_rows;
    exit when v_found >= p_limit or cardinality(v_ids) < v_wanted;

    -- 3. Go on after the last one, unless it has looked at enough of them.
    if p_is_older then
      v_high_at := v_ats[v_wanted];
      v_high_id := v_ids[v_wanted];
    else
      v_low_at := v_ats[v_wanted];
      v_low_id := v_ids[v_wanted];
    end if;
    if v_looked_at >= c_window then
      return query select v_ids[v_wanted], v_ats[v_wanted], null::text, false;
      exit;
    end if;
  end loop;
end $$;
