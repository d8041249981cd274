-- One page of the children of a run whose keys are in use, for its runner, in the order in which they were triggered: up to `p_limit` after the
-- child `p_after`. The run token has proved which attempt of which run that is. A page ends before its outputs have more than 256 KiB, but
-- has one child at least.
--
-- Answers {"refused"} (see `judge_message`), or {"items": see `child_response`, each with "output": JSON as text, "next": the last id, or null on
-- the last page}.
create or replace function public.list_children(p_tenant_id uuid, p_run_id uuid, p_attempt integer, p_limit integer, p_after uuid default null)
returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  c_most_bytes constant integer := 262144;
  v_now constant timestamptz := statement_timestamp();
  v_judged constant jsonb := public.judge_attempt_read(p_tenant_id, p_run_id, p_attempt, v_now);
  v_items jsonb;
  v_last uuid;
  v_has_more boolean;
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  with page as materialized (
    select c.run_id, r.output::text as output,
      sum(octet_length(r.output::text)) over (order by c.run_id) as bytes, row_number() over (order by c.run_id) as nth
    from (
      select c.run_id from public.run_children c
      where c.parent_run_id = p_run_id and c.is_live and (p_after is null or c.run_id > p_after)
      order by c.run_id
      limit p_limit + 1
    ) c
    join public.workflow_runs r on r.id = c.run_id
      and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
  ), fitting as (
    select * from page where page.nth = 1 or page.nth <= p_limit and coalesce(page.bytes, 0) <= c_most_bytes
  )
  select coalesce(jsonb_agg(public.child_response(fitting.run_id, v_now) || jsonb_build_object('output', fitting.output)
      order by fitting.run_id), '[]'),
    (array_agg(fitting.run_id order by fitting.run_id desc))[1], (select count(*) from page) > count(*)
  into v_items, v_last, v_has_more
  from fitting;
  return jsonb_build_object('items', v_items, 'next', case when v_has_more then v_last end);
end $$;
