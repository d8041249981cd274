-- How a run ended, for a caller who may see the run. Until it has ended, all but `status` and `attempt` is null.
--
-- Answers {"tenant_id", and either "refused" (see `judge_run_read`) or "result", "deadline_in_ms" and "will_be_retried" (see
-- `find_run`)}, where `result` is {"status", "failure_code", "error", "output": JSON as text, "summary",
-- "artifacts": JSON as text, "files": those of the run that are stored (see `artifacts_of`), "attempt"}.
create or replace function public.find_result(p_credential jsonb, p_run_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_now constant timestamptz := statement_timestamp();
  v_judged constant jsonb := public.judge_run_read(p_credential, p_run_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return (
    select jsonb_build_object('tenant_id', r.tenant_id,
      'deadline_in_ms', public.ms_until(public.run_ends_at(r.id, r.status, r.deadline_at)),
      'will_be_retried', seen.is_overdue and public.will_be_retried(r.id, v_now),
      'result', jsonb_build_object(
      'status', seen.status, 'failure_code', seen.failure_code, 'error', seen.error, 'output', r.output::text,
      'summary', r.summary, 'artifacts', r.artifacts::text, 'attempt', r.attempt,
      'files', case when seen.completed_at is not null then public.artifacts_of(
        r.id, r.attempt, public.files_begin_at(r.id, r.attempt)) end))
    from public.workflow_runs r
    cross join lateral public.run_as_seen(r, v_now) seen
    where r.id = p_run_id);
end $$;
