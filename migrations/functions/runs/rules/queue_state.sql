-- How the queue of a locked definition stands at an instant: one row. A verb asks this once, after its last lock, and again only when it has
-- ended or started something. Usually nothing is to be recorded and nothing waits, and then nothing else is asked.
--   running  how many slots are held
--   slot_no  the first slot that is free
--   is_due   time has done something that is not recorded: a run has ended or expired, or has joined its queue, or runs are still to be
--            superseded. See `end_overdue_runs`.
--   waits    a run waits in the queue
create or replace function public.queue_state(p_definition_id uuid, p_now timestamptz)
returns table (running bigint, slot_no bigint, is_due boolean, waits boolean)
language sql stable as $$
  select holders.count, public.first_free(holders.slot_nos),
    coalesce(holders.any_is_over, false)
      or exists (select from public.supersessions s where s.workflow_definition_id = p_definition_id)
      -- In these orders they are looked for in their indexes, and not among all that wait.
      or coalesce(
        (select true from public.joining_runs(p_definition_id, p_now) joining order by joining.not_before limit 1),
        (select true from public.expired_runs(p_definition_id, p_now) expired order by expired.deadline_at limit 1),
        false),
    exists (select from public.first_waiting_run(p_definition_id, p_now))
  from (
    select count(*), array_agg(run.slot_no) as slot_nos, bool_or(run.is_over) as any_is_over
    from public.running_at(p_definition_id, p_now) run
  ) holders
$$;
