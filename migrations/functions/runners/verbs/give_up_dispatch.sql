-- Fails a run that its runner refuses, and starts the next run of the queue. `p_runner_url` is null when the run could not be
-- sent to any runner: then the failure is UNREACHED instead of REJECTED. `p_pause` also pauses the definition, so that nothing
-- more is sent to a runner that is gone; it does not pause when the definition has another runner by now.
--
-- Guarantees: in one transaction the run ends, is put back if its policy retries it (`retry_by_policy`), and the next run gets
-- its slot. Changes nothing when the run has ended, was accepted before, or has a newer attempt.
-- Closes the race with a callback or a stop: all of them hold the definition's lock.
--
-- Answers {"result": {}}.
create or replace function public.give_up_dispatch(
  p_context jsonb, p_run_id uuid, p_tenant_id uuid, p_attempt integer, p_reason text, p_pause boolean, p_runner_url text
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz;
  v_definition_id uuid;
begin
  -- 1. Lock the definition, then the run.
  v_definition_id := public.lock_definition_of_run(p_tenant_id, p_run_id);
  perform r.id from public.workflow_runs r where r.id = p_run_id and r.tenant_id = p_tenant_id for update;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[v_definition_id], v_now);

  -- 3. Fail the run, unless it has ended or was accepted before.
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select r.tenant_id, r.id, r.attempt, 'DISPATCH_FAILED', v_now,
    jsonb_build_object('reason', p_reason, 'tries', r.dispatch_count)
  from public.workflow_runs r
  where r.id = p_run_id and r.tenant_id = p_tenant_id and r.attempt = p_attempt and r.next_dispatch_at is not null
    and public.next_status(r.status, 'fail') is not null;
  if found then
    perform public.end_attempts(array[p_run_id], v_now, 'fail', 'DISPATCH',
      case when p_runner_url is null then 'UNREACHED' else 'REJECTED' end, p_reason, 'FAILED', (
        select jsonb_build_object('reason', p_reason, 'tries', r.dispatch_count)
        from public.workflow_runs r
        where r.id = p_run_id));
  end if;
  if p_pause then
    update public.workflow_definitions d
    set is_active = false, updated_at = v_now
    where d.id = v_definition_id and d.runner_url = p_runner_url and d.is_active;
    if found then
      insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
      select r.tenant_id, r.id, r.attempt, 'PAUSED', v_now, jsonb_build_object('reason', p_reason)
      from public.workflow_runs r
      where r.id = p_run_id;
    end if;
  end if;

  -- 4. Promote the next run.
  perform public.promote_next_runs(p_context, array[v_definition_id], v_now);
  return public.answer_of(p_context, p_tenant_id, '{"result": {}}');
end $$;
