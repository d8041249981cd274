-- What must be true for each row of two tables that nearly every verb writes to. Each table has one CHECK constraint, which calls
-- one of these functions. With several constraints, Postgres parses the text of each again for each statement that writes to the
-- table, which took a third of the time of such a statement.
--
-- Rows that exist are not checked again when a function changes. A change that they may violate needs a migration that finds
-- them.

create or replace function public.run_is_consistent(r public.workflow_runs) returns boolean
language plpgsql immutable as $$
begin
  return (
    r.attempt >= 1
    and r.runner_type in ('SELF_HOSTED')
    and (r.traceparent is null or char_length(r.traceparent) = 55)
    and (r.ended_by is null or r.ended_by in ('CALLBACK', 'STOP', 'DEADLINE', 'DISPATCH', 'LEASE'))
    and (r.failure_code is null
      or r.failure_code in ('REPORTED', 'DEADLINE', 'STOPPED', 'REJECTED', 'UNREACHED', 'LOST'))
    and case r.status
      when 'PENDING' then
        num_nonnulls(r.started_at, r.deadline_at, r.completed_at, r.error, r.ended_by, r.next_dispatch_at) = 0
      when 'RUNNING' then
        r.deadline_at > r.started_at and num_nonnulls(r.completed_at, r.error, r.ended_by, r.not_before) = 0
      when 'COMPLETED' then
        num_nulls(r.started_at, r.completed_at, r.ended_by) = 0
        and num_nonnulls(r.error, r.next_dispatch_at, r.not_before) = 0
      when 'FAILED' then
        num_nulls(r.completed_at, r.ended_by) = 0 and num_nonnulls(r.next_dispatch_at, r.not_before) = 0
    end) is true;
end $$;

-- Each type of event has a name. ENDPOINT_DISABLED is the only type that is not about a run.
create or replace function public.event_is_consistent(e public.workflow_run_events) returns boolean
language plpgsql immutable as $$
begin
  return public.event_name(e.type) is not null
    and num_nulls(e.run_id, e.attempt) = case when e.type = 'ENDPOINT_DISABLED' then 2 else 0 end;
end $$;
