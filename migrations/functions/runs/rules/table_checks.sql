-- What must be true for each row of two tables that nearly every verb writes to. Each table has one large CHECK constraint, which calls
-- one of these functions. With several constraints, Postgres parses the text of each again for each statement that writes to the
-- table, which took a third of the time of such a statement.
--
-- Rows that exist are not checked again when a function changes. A change that they may violate needs a migration that finds
-- them.
--
-- It takes the whole row, since Postgres reads the text of the constraint, with each of its arguments, for each statement. What holds for a
-- run in one state is an expression of its own, so that the others are not prepared.
create or replace function public.is_consistent_run(r public.workflow_runs) returns boolean
language plpgsql immutable as $$
begin
  if (r.attempt >= 1 and r.runner_type in ('SELF_HOSTED') and (r.traceparent is null or char_length(r.traceparent) = 55)
    and char_length(r.concurrency_key) <= 128 and r.priority between 0 and 9) is not true then
    return false;
  end if;
  if r.status = 'RUNNING' then
    return (r.slot_no >= 1 and (r.key_slot_no is null) = (r.concurrency_key = '') and r.deadline_at > r.started_at
      and num_nonnulls(r.completed_at, r.error, r.failure_code, r.ended_by, r.not_before, r.suspended_at) = 0) is true;
  end if;
  if num_nonnulls(r.slot_no, r.key_slot_no) > 0 then
    return false;
  end if;
  if r.status = 'PENDING' then
    -- It has its place in the queue, or the instant at which it gets one, and never both. Only its first attempt may have an instant by which
    -- it must start. A suspended run has no place, and either resumes or fails by itself at an instant.
    return num_nonnulls(r.started_at, r.completed_at, r.error, r.failure_code, r.ended_by, r.next_dispatch_at) = 0 and case
      when r.suspended_at is null then num_nonnulls(r.queue_position, r.not_before) = 1 and (r.deadline_at is null or r.attempt = 1)
      else r.queue_position is null and num_nonnulls(r.not_before, r.deadline_at) = 1
    end;
  end if;
  if r.status = 'COMPLETED' then
    return (r.ended_by in ('CALLBACK', 'STOP', 'DEADLINE', 'DISPATCH', 'LEASE') and num_nulls(r.started_at, r.completed_at) = 0
      and num_nonnulls(r.error, r.failure_code, r.next_dispatch_at, r.not_before, r.suspended_at) = 0) is true;
  end if;
  return (r.status = 'FAILED' and r.ended_by in ('CALLBACK', 'STOP', 'DEADLINE', 'DISPATCH', 'LEASE')
    and r.failure_code in ('REPORTED', 'DEADLINE', 'STOPPED', 'REJECTED', 'UNREACHED', 'LOST', 'SUPERSEDED', 'EXPIRED', 'WAIT_EXPIRED')
    and r.completed_at is not null and num_nonnulls(r.next_dispatch_at, r.not_before) = 0) is true;
end $$;

-- Each type of event has a name. Those of triggers and endpoints are not about a run.
create or replace function public.event_is_consistent(p_type text, p_run_id uuid, p_attempt integer) returns boolean
language plpgsql immutable as $$
begin
  return public.event_name(p_type) is not null
    and num_nulls(p_run_id, p_attempt) = case
      when p_type = 'ENDPOINT_DISABLED' or starts_with(p_type, 'TRIGGER_') then 2 else 0 end;
end $$;
