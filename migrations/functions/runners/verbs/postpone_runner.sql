-- Postpones the due dispatches to a runner by 1 to 5 minutes, without trying them. The runner has just not answered another
-- dispatch, and trying each of them would delay dispatches to other runners. `p_runner` is a value of `runner_of`. The new
-- times are random, so that a runner that works again is not flooded. An event records the new time.
--
-- Guarantees: a dispatch that is being sent at this moment is not changed.
-- Closes the race with other changes of these runs: rows that another transaction has locked are skipped.
--
-- Answers {"result": {"postponed": how many}}.
create or replace function public.postpone_runner(p_context jsonb, p_tenant_id uuid, p_runner text, p_reason text) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_postponed integer;
  -- More than a hanging runner usually has. If there are more, the rest is postponed when the next try hangs as well.
  c_limit constant integer := 5000;
  c_least_seconds constant integer := 60;
  c_most_seconds constant integer := 300;
  v_now timestamptz := clock_timestamp();
begin
  with waiting as (
    select r.id
    from public.workflow_runs r
    join public.workflow_definitions d on d.id = r.workflow_definition_id
    where r.tenant_id = p_tenant_id and r.next_dispatch_at <= v_now and public.run_ends_at(r.id, r.status, r.deadline_at) > v_now
      and public.runner_of(d.tenant_id, d.runner_url) = p_runner
    limit c_limit
    for update of r skip locked
  ), postponed as (
    update public.workflow_runs r
    set next_dispatch_at = v_now + make_interval(
      secs => c_least_seconds + random() * (c_most_seconds - c_least_seconds))
    from waiting
    where r.id = waiting.id
    returning r.tenant_id, r.id, r.attempt, r.next_dispatch_at
  )
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select tenant_id, id, attempt, 'DISPATCH_POSTPONED', v_now,
    jsonb_build_object('reason', p_reason, 'next_try_at', public.wire_instant(next_dispatch_at))
  from postponed;
  get diagnostics v_postponed = row_count;
  return public.answer_of(p_context, p_tenant_id, jsonb_build_object('result', jsonb_build_object('postponed', v_postponed)));
end $$;
