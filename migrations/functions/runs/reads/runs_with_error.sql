-- Lists of the runs that failed with given words in their errors.

-- One page of the FAILED runs whose errors have words that begin with each of `p_words`, that the caller may see and that match a
-- filter: see `labelled_runs`, whose parameters and columns it has. Labels are optional here.
--
-- 1. The index finds the runs whose stored errors have these words. When they are at most 2,000, all of them are looked at.
-- 2. Errors that deadlines write are in no index, and no error of a run that is overdue is stored. So the 500 newest FAILED runs and
--    the overdue ones are looked at, too.
-- 3. When the index finds more, nobody can say cheaply which of them are the newest. Then 500 FAILED runs are looked at for a page,
--    and the last row says how far that was, as in `labelled_runs`. Nothing at or beyond that is in the page, overdue runs included, since
--    the next page looks at it.
create or replace function public.runs_with_error(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_words text, p_labels text[], p_statuses text[], p_definition_id uuid,
  p_run_user_id uuid, p_created_after timestamptz, p_created_before timestamptz, p_is_older boolean,
  p_from_at timestamptz, p_from_id uuid, p_limit bigint, p_more jsonb default null
) returns table (id uuid, created_at timestamptz, status text, is_found boolean)
language plpgsql stable as $$
declare
  c_rare constant integer := 2000;
  c_window constant integer := 500;
  c_failed constant jsonb := '{"states": ["FAILED"], "is_ended": true}';
  v_now constant timestamptz := statement_timestamp();
  v_filter constant jsonb := public.run_filter(p_statuses, p_definition_id, p_run_user_id, p_more);
  v_query constant tsquery := public.search_query(p_tenant_id, p_words);
  v_low_at timestamptz;
  v_low_id uuid;
  v_high_at timestamptz;
  v_high_id uuid;
  v_readable uuid[];
  v_known uuid[];
  v_window uuid[];
  v_ats timestamptz[];
  v_found bigint;
begin
  if p_statuses is not null and not ('FAILED' = any (p_statuses)) then
    return;
  end if;
  select page.low_at, page.low_id, page.high_at, page.high_id into v_low_at, v_low_id, v_high_at, v_high_id
  from public.page_bounds(p_created_after, p_created_before, p_is_older, p_from_at, p_from_id) page;
  v_readable := array(
    select definition.id from public.readable_definitions(p_role, p_tenant_id, p_user_id) definition);

  -- `is true` keeps the planner from using the indexes by tenant.
  v_known := array(
    select r.id
    from public.workflow_runs r
    where (r.tenant_id = p_tenant_id) is true and public.search_words(r.tenant_id, r.error) @@ v_query
      and r.error is not null and r.ended_by <> 'DEADLINE'
      and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
    limit c_rare + 1);
  if cardinality(v_known) <= c_rare then
    select array_agg(f.id) into v_window
    from public.fitting_rows(p_tenant_id, c_failed, '-infinity', v_low_id, 'infinity', v_high_id, true, c_window) f;
  else
    select array_agg(f.id order by f.place), array_agg(f.created_at order by f.place) into v_window, v_ats
    from public.fitting_rows(p_tenant_id, c_failed, v_low_at, v_low_id, v_high_at, v_high_id, p_is_older, c_window)
      with ordinality f (id, created_at, place);
    if cardinality(v_ats) = c_window and p_is_older then
      v_low_at := v_ats[c_window];
      v_low_id := v_window[c_window];
    elsif cardinality(v_ats) = c_window then
      v_high_at := v_ats[c_window];
      v_high_id := v_window[c_window];
    end if;
  end if;

  return query
    with candidate as (
      select c.id, bool_or(c.has_words) as has_words
      from (
        select known.id, true from unnest(v_known) known (id) where cardinality(v_known) <= c_rare
        union all
        select looked_at.id, false from unnest(v_window) looked_at (id)
        union all
        select overdue.id, false from public.overdue_runs(p_tenant_id, v_now, c_rare) overdue
      ) c (id, has_words)
      group by c.id
    )
    select r.id, r.created_at, r.status, true
    from candidate
    cross join lateral public.fitting_run(candidate.id, v_filter, p_labels, p_role, p_user_id, v_readable, v_now) r
    where r.status = 'FAILED'
      and (r.created_at, r.id) > (v_low_at, v_low_id) and (r.created_at, r.id) < (v_high_at, v_high_id)
      and (candidate.has_words or public.search_words(p_tenant_id, r.error) @@ v_query)
    order by case when p_is_older then r.created_at end desc, case when p_is_older then r.id end desc, r.created_at, r.id
    limit p_limit;
  get diagnostics v_found = row_count;
  if v_found < p_limit and cardinality(v_ats) = c_window then
    return query select v_window[c_window], v_ats[c_window], null::text, false;
  end if;
end $$;
