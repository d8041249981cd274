-- One page of the runs of a batch or, without a batch, of the children of the run "parent_run_id" of `p_more`, that the caller may see and
-- that match a filter. `labelled_runs` has the same parameters and columns. With `p_words`, only FAILED runs whose errors have words that
-- begin with each of these.
create or replace function public.batch_runs(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_batch_id uuid, p_labels text[], p_statuses text[], p_definition_id uuid,
  p_run_user_id uuid, p_created_after timestamptz, p_created_before timestamptz, p_is_older boolean,
  p_from_at timestamptz, p_from_id uuid, p_limit bigint, p_words text default null,
  p_more jsonb default null
) returns table (id uuid, created_at timestamptz, status text, is_found boolean)
language plpgsql stable as $$
declare
  v_now constant timestamptz := statement_timestamp();
  v_filter constant jsonb := public.run_filter(p_statuses, p_definition_id, p_run_user_id, p_more);
  v_query constant tsquery := case when p_words is not null then public.search_query(p_tenant_id, p_words) end;
  v_readable constant uuid[] := array(
    select definition.id from public.readable_definitions(p_role, p_tenant_id, p_user_id) definition);
begin
  return query
    -- Materialized, so that a batch is read by its index, whatever the order and the filter. For the same reason the tenant is compared
    -- below: here, the planner would also read all runs of the tenant in their index.
    with of_batch as materialized (
      select r.id, r.tenant_id from public.workflow_runs r where r.batch_id = p_batch_id
      union all
      select c.run_id, c.tenant_id
      from public.run_children c
      where p_batch_id is null and c.parent_run_id = (p_more ->> 'parent_run_id')::uuid
    )
    select r.id, r.created_at, r.status, true
    from of_batch
    cross join public.page_bounds(p_created_after, p_created_before, p_is_older, p_from_at, p_from_id) page
    cross join lateral public.fitting_run(of_batch.id, v_filter, p_labels, p_role, p_user_id, v_readable, v_now) r
    where of_batch.tenant_id = p_tenant_id and (r.created_at, r.id) > (page.low_at, page.low_id)
      and (r.created_at, r.id) < (page.high_at, page.high_id)
      and (v_query is null or r.status = 'FAILED' and public.search_words(p_tenant_id, r.error) @@ v_query)
    order by case when p_is_older then r.created_at end desc, case when p_is_older then r.id end desc, r.created_at, r.id
    limit p_limit;
end $$;
