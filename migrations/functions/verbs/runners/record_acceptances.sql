-- Records that runners have accepted dispatches: [{"run_id", "tenant_id", "attempt", "status": the HTTP status}].
--
-- Guarantees: an acceptance is recorded together with its event, or not at all. An acceptance for an older attempt, or for a
-- run that has ended, changes nothing.
-- Closes the race with a sweep that ends some of the same runs: rows that another transaction has locked are skipped, so that
-- neither waits for the other. Nothing is lost by that: the transaction that has locked the row of the run has ended the run, or
-- has recorded its result, which proves the acceptance too; otherwise the dispatch is sent again, with the same message id.
--
-- Answers {"result": {"accepted": how many of them were recorded}}.
create or replace function public.record_acceptances(p_context jsonb, p_acceptances jsonb) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_since constant bigint := public.last_event_id();
  v_now timestamptz := clock_timestamp();
  v_run_id uuid;
  v_tenant_id uuid;
  v_attempt integer;
  v_status integer;
  v_accepted integer := 0;
begin
  for v_run_id, v_tenant_id, v_attempt, v_status in
    select a.run_id, a.tenant_id, a.attempt, a.status
    from jsonb_to_recordset(p_acceptances) as a (run_id uuid, tenant_id uuid, attempt integer, status integer)
  loop
    perform r.id
    from public.workflow_runs r
    where r.id = v_run_id and r.tenant_id = v_tenant_id and r.attempt = v_attempt
      and r.next_dispatch_at is not null and public.run_ends_at(r.id, r.status, r.deadline_at) > v_now
    for update skip locked;
    continue when not found;
    if public.note_taken(v_run_id, v_now, v_status) then
      v_accepted := v_accepted + 1;
    end if;
  end loop;
  return public.answer_of(p_context, v_since, null, jsonb_build_object('result', jsonb_build_object('accepted', v_accepted)));
end $$;
