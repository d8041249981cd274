-- One page of the runs of a batch, or, without a batch, of the children of the run "parent_run_id" of `p_more`, that the caller may see and that match a filter: up to `p_limit` of them, newest first, or oldest
-- first when not `p_is_older`. The list goes on after the place `p_from_at`, `p_from_id`, if that is given. A null in the filter
-- matches all runs; the runs have all of `p_labels`, and errors with words that begin with each of `p_words`, and `p_more` has further
-- conditions: see `run_fits`. `status` is the state of the run as readers see it now.
create or replace function public.batch_runs(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_batch_id uuid, p_labels text[], p_statuses text[], p_definition_id uuid,
  p_run_user_id uuid, p_created_after timestamptz, p_created_before timestamptz, p_is_older boolean,
  p_from_at timestamptz, p_from_id uuid, p_limit bigint, p_words text default null,
  p_more jsonb default null
) returns table (id uuid, created_at timestamptz, status text, is_found boolean)
language plpgsql stable as $$
declare
  v_now constant timestamptz := statement_timestamp();
  v_query constant tsquery := case when p_words is not null then public.search_query(p_tenant_id, p_words) end;
  v_readable constant uuid[] := array(
    select definition.id from public.readable_definitions(p_role, p_tenant_id, p_user_id) definition);
begin
  return query
    -- Materialized, so that a batch is read by its index, whatever the order and the filter.
    with of_batch as materialized (
      select r.* from public.workflow_runs r where r.batch_id = p_batch_id
      union all
      select r.*
      from public.run_children c
      join public.workflow_runs r on r.id = c.run_id
      where p_batch_id is null and c.parent_run_id = (p_more ->> 'parent_run_id')::uuid
    ), matching as (
      select r.id, r.created_at, seen.status
      from of_batch r
      cross join public.page_bounds(p_created_after, p_created_before, p_is_older, p_from_at, p_from_id) page
      cross join lateral public.run_as_seen(r, v_now) seen
      where r.tenant_id = p_tenant_id
        and (r.created_at, r.id) > (page.low_at, page.low_id) and (r.created_at, r.id) < (page.high_at, page.high_id)
        and (p_definition_id is null or r.workflow_definition_id = p_definition_id)
        and (p_run_user_id is null or r.user_id = p_run_user_id)
        and (p_statuses is null or seen.status = any (p_statuses))
        and public.has_labels(r.id, p_labels)
        and public.run_fits(r, seen.status, seen.failure_code, seen.error, p_more, v_now)
        and (v_query is null or seen.status = 'FAILED' and public.search_words(r.tenant_id, seen.error) @@ v_query)
        and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
        and public.run_is_visible(p_role, p_user_id, r.user_id, r.workflow_definition_id = any (v_readable))
    )
    select m.id, m.created_at, m.status, true
    from matching m
    order by case when p_is_older then m.created_at end desc, case when p_is_older then m.id end desc, m.created_at, m.id
    limit p_limit;
end $$;
