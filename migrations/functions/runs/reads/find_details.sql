-- What the wire contract's form of a run does not say of it, for a caller who may see the run.
--
-- Answers {"tenant_id", and either "refused" (see `judge_run_read`) or "details"}, where `details` is {"status", "attempt",
-- "started_at": null until the attempt starts, "failure_code": why it FAILED, "queue_position": see `place_in_queue`, "progress":
-- see `run_progress`, "concurrency_key": null for a run without one, "priority", "labels": see `labels_of`, "batch_id": null for a run of no batch,
-- and what `waiting_instants` says}.
create or replace function public.find_details(p_credential jsonb, p_run_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_now constant timestamptz := statement_timestamp();
  v_judged constant jsonb := public.judge_run_read(p_credential, p_run_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return (
    select jsonb_build_object('tenant_id', r.tenant_id, 'details', jsonb_build_object(
      'status', seen.status, 'attempt', r.attempt, 'started_at', public.wire_instant(r.started_at),
      'failure_code', seen.failure_code,
      'queue_position', case
        when seen.status = 'PENDING' then public.place_in_queue(
          r.workflow_definition_id, r.concurrency_key, r.queue_position, r.id, v_now) end,
      'progress', case when seen.status = 'RUNNING' then public.run_progress(r.id, r.attempt) end,
      'concurrency_key', nullif(r.concurrency_key, ''), 'priority', r.priority, 'labels', public.labels_of(r.id), 'batch_id', r.batch_id)
      || public.waiting_instants(r, seen.status, v_now))
    from public.workflow_runs r
    cross join lateral public.run_as_seen(r, v_now) seen
    where r.id = p_run_id);
end $$;
