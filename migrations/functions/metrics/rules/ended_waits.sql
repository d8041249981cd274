-- What a run waited for while it was suspended, for the metrics: one row for each wait that ended with an event of the run. Of STARTED, these
-- are the waits that came, or whose time was over, since the run was suspended before this attempt; of TIMED_OUT, those that were still open.
--   seconds   from when the run first asked for it until it came; null when its time was over before
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
