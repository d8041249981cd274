-- One page of the children of a run whose keys are in use, for its runner, in the order in which they were triggered: up to `p_limit` after the
-- child `p_after`. The run token has proved which attempt of which run that is. See `page_of_outputs`.
--
-- Answers {"refused"} (see `judge_message`), or {"items": see `child_response`, each with "output": JSON as text, "next": the last id, or null on
-- the last page}.
create or replace function public.list_children(p_tenant_id uuid, p_run_id uuid, p_attempt integer, p_limit integer, p_after uuid default null)
returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_now constant timestamptz := statement_timestamp();
  v_judged constant jsonb := public.judge_attempt_read(p_tenant_id, p_run_id, p_attempt, v_now);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return (
    select jsonb_build_object(
      'items', coalesce(jsonb_agg(
        public.child_response(page.run_id, v_now) || jsonb_build_object('output', page.output) order by page.run_id), '[]'),
      'next', (array_agg(page.run_id order by page.run_id desc) filter (where page.has_more))[1])
    from public.page_of_outputs(array(
      select c.run_id from public.run_children c
      where c.parent_run_id = p_run_id and c.is_live and (p_after is null or c.run_id > p_after)
      order by c.run_id
      limit p_limit + 1), p_limit) page);
end $$;
