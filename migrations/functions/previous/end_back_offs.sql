-- Ends the expired back-offs of PENDING runs of locked definitions: today `end_overdue_runs` does that.
create or replace function public.end_back_offs(p_definition_ids uuid[], p_now timestamptz) returns void
language plpgsql as $$
begin
  perform public.end_overdue_runs(p_definition_ids, p_now);
end $$;
