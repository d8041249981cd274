-- Of these runs, in the order of their ids, the first `p_limit`, or fewer: up to the one whose output would make more than 256 KiB with those
-- before, but one at least. Those of a deleted definition are not there. `output` is JSON as text, and `has_more` says whether further ones of
-- these runs are there.
create or replace function public.page_of_outputs(p_run_ids uuid[], p_limit integer)
returns table (run_id uuid, output text, has_more boolean)
language plpgsql stable rows 100 as $$
declare
  c_most_bytes constant integer := 262144;
begin
  return query
    with page as materialized (
      select r.id, r.output::text as output,
        sum(octet_length(r.output::text)) over (order by r.id) as bytes, row_number() over (order by r.id) as nth
      from public.workflow_runs r
      where r.id = any (p_run_ids) and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone)
    ), fitting as (
      select * from page where page.nth = 1 or page.nth <= p_limit and coalesce(page.bytes, 0) <= c_most_bytes
    )
    select fitting.id, fitting.output, (select count(*) from page) > count(*) over () from fitting;
end $$;
