-- One page of how the runs of a batch have ended, for a caller who may see them, in the order in which they were given: up to `p_limit` after the
-- run `p_after`. See `page_of_outputs`.
--
-- Answers {"tenant_id", and either "refused" (see `judge_run_read`) or "items" and "next": the last id, or null on the last page}. An item is
-- {"run_id", "labels": see `labels_of`, "status", "attempt", "failure_code", "error", "summary", "output": JSON as text, "completed_at"}.
create or replace function public.list_batch_results(p_credential jsonb, p_batch_id uuid, p_limit integer, p_after uuid default null)
returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_now constant timestamptz := statement_timestamp();
  v_judged constant jsonb := public.judge_run_read(p_credential, null, p_batch_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return v_judged || (
    -- Materialized, so that the batch is read by its index, whatever the order.
    with of_batch as materialized (select r.id from public.workflow_runs r where r.batch_id = p_batch_id)
    select jsonb_build_object(
      'items', coalesce(jsonb_agg(jsonb_build_object('run_id', page.run_id, 'labels', public.labels_of(page.run_id),
        'status', seen.status, 'attempt', r.attempt, 'failure_code', seen.failure_code, 'error', seen.error, 'summary', r.summary,
        'output', page.output, 'completed_at', public.wire_instant(seen.completed_at)) order by page.run_id), '[]'),
      'next', (array_agg(page.run_id order by page.run_id desc) filter (where page.has_more))[1])
    from public.page_of_outputs(array(
      select b.id from of_batch b where p_after is null or b.id > p_after order by b.id limit p_limit + 1), p_limit) page
    cross join lateral public.run_by_id(page.run_id) r
    cross join lateral public.run_as_seen(r, v_now) seen);
end $$;
