-- For the metrics: one row for each wait of a suspended run that ended with this event of the run.
--   STARTED     the run goes on as this attempt: the waits that have been answered or have timed out since it was suspended
--   TIMED_OUT   the run FAILED since not all of its waits had ended in time: those that were still open
-- "seconds" is from when the run first asked until the answer; null when there was none.
create or replace function public.ended_waits(p_run_id uuid, p_attempt integer, p_type text, p_at timestamptz)
returns table (kind text, seconds float8)
language plpgsql stable as $$
begin
  return query
  select w.kind, case when come.outcome <> 'timed_out' then extract(epoch from come.at - w.asked_at)::float8 end
  from public.run_suspensions s
  join public.workflow_run_events suspended
    on suspended.run_id = s.run_id and suspended.attempt = p_attempt and suspended.type = 'SUSPENDED'
  join public.run_waits w on w.run_id = s.run_id and w.key = any (s.keys)
  cross join lateral (
    select public.wait_outcome(w, p_at) as outcome, public.wait_came_at(w) as at
  ) come
  where s.run_id = p_run_id and s.attempt = p_attempt - 1
    and case p_type when 'STARTED' then come.outcome is not null and come.at > suspended.at else come.outcome is null end;
end $$;
