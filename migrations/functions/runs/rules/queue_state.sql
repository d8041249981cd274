-- How the queue of a locked definition stands at an instant: one row. A verb asks this once, after its last lock, and again only when it has
-- ended or started something. Usually nothing is to be recorded and nothing waits, and then nothing else is asked.
--   running  how many slots are held
--   slot_no  the first slot that is free
--   is_due   time has done something that may not be recorded yet: a run has ended or expired, or has joined its queue, or runs are still to
--            be superseded. See `end_overdue_runs`. It is also true when an attempt of another definition of the tenant is over: to know
--            whose attempt it is, each RUNNING run would have to be looked up.
--   waits    a run stands in the queue. If nothing is due, it has not expired.
create or replace function public.queue_state(p_tenant_id uuid, p_definition_id uuid, p_now timestamptz)
returns table (running bigint, slot_no bigint, is_due boolean, waits boolean)
language sql stable as $$
  select holders.count, public.first_free(holders.slot_nos),
    coalesce(holders.any_is_over, false)
      or exists (select from public.running_attempts a where a.tenant_id = p_tenant_id and a.ends_at <= p_now)
      or exists (select from public.supersessions s where s.workflow_definition_id = p_definition_id)
      -- Because of this order, the planner reads the tenant's index of what comes, and not all runs that wait. Usually nothing has come.
      or coalesce((
        select public.has_come(p_definition_id, p_now)
        from public.workflow_runs r
        where r.tenant_id = p_tenant_id and public.joins_or_expires(r, p_now)
        order by least(r.not_before, r.deadline_at)
        limit 1), false),
    exists (
      select from public.workflow_runs r
      where r.workflow_definition_id = p_definition_id and r.status = 'PENDING' and r.queue_position is not null)
  from (
    select count(*), array_agg(run.slot_no order by run.slot_no) as slot_nos, bool_or(run.deadline_at <= p_now) as any_is_over
    from public.running_runs(p_definition_id) run
  ) holders
$$;

-- True when a run of the definition has expired or joined its queue by an instant, without that being recorded.
create or replace function public.has_come(p_definition_id uuid, p_now timestamptz) returns boolean
language plpgsql stable as $$
begin
  -- Because of these orders, the planner reads the indexes of what joins and of what expires, and not all runs that wait.
  return coalesce(
    (select true from public.joining_runs(p_definition_id, p_now) joining order by joining.not_before limit 1),
    (select true from public.expired_runs(p_definition_id, p_now) expired order by expired.deadline_at limit 1),
    false);
end $$;
