-- What the CHECK constraint of the previous release calls, until its migration has replaced it: see `is_consistent_run`.
create or replace function public.run_is_consistent(
  p_status text, p_attempt integer, p_runner_type text, p_traceparent text, p_ended_by text, p_failure_code text,
  p_started_at timestamptz, p_deadline_at timestamptz, p_completed_at timestamptz, p_error text,
  p_next_dispatch_at timestamptz, p_not_before timestamptz, p_concurrency_key text, p_slot_no integer, p_key_slot_no integer
) returns boolean
language plpgsql immutable as $$
begin
  return (
    p_attempt >= 1
    and p_runner_type in ('SELF_HOSTED')
    and (p_traceparent is null or char_length(p_traceparent) = 55)
    and (p_ended_by is null or p_ended_by in ('CALLBACK', 'STOP', 'DEADLINE', 'DISPATCH', 'LEASE'))
    and (p_failure_code is null
      or p_failure_code in ('REPORTED', 'DEADLINE', 'STOPPED', 'REJECTED', 'UNREACHED', 'LOST', 'SUPERSEDED', 'EXPIRED',
        'WAIT_EXPIRED'))
    and char_length(p_concurrency_key) <= 128
    and case
      when p_status = 'RUNNING' then p_slot_no >= 1 and (p_key_slot_no is null) = (p_concurrency_key = '')
      else num_nonnulls(p_slot_no, p_key_slot_no) = 0
    end
    and case p_status
      when 'PENDING' then
        num_nonnulls(p_started_at, p_completed_at, p_error, p_failure_code, p_ended_by, p_next_dispatch_at) = 0
      when 'RUNNING' then
        p_deadline_at > p_started_at and num_nonnulls(p_completed_at, p_error, p_failure_code, p_ended_by, p_not_before) = 0
      when 'COMPLETED' then
        num_nulls(p_started_at, p_completed_at, p_ended_by) = 0
        and num_nonnulls(p_error, p_failure_code, p_next_dispatch_at, p_not_before) = 0
      when 'FAILED' then
        num_nulls(p_completed_at, p_ended_by, p_failure_code) = 0 and num_nonnulls(p_next_dispatch_at, p_not_before) = 0
    end) is true;
end $$;
