-- Deletes a run and its events. A RUNNING run cannot be deleted.
--
-- Guarantees: a run is deleted together with all of its events, or not at all.
-- Closes the race with a promotion, which would start the run at the same moment: both hold the definition's lock.
--
-- Answers {"tenant_id", "dispatches"}, and "refused" when it refuses (see `judge_run_change`).
create or replace function public.delete_run(
  p_credential jsonb, p_run_id uuid, p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_definition_id uuid;
  v_now timestamptz;
  v_judged jsonb;
begin
  -- 1. Lock the definition.
  v_definition_id := public.lock_definition_of_run(p_credential, p_run_id);
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[v_definition_id], v_now);

  -- 3. Delete the run. The trigger `workflow_runs_delete_events` deletes its events.
  v_judged := public.judge_run_change(p_credential, p_run_id, 'delete');
  if not v_judged ? 'refused' then
    delete from public.workflow_runs r where r.id = p_run_id;
  end if;

  -- 4. Promote the next run.
  return (v_judged - '{user_id,role}'::text[]) || jsonb_build_object('dispatches',
    public.promote_next_runs(array[v_definition_id], v_now, p_grace_seconds, p_dispatch_lease_seconds));
end $$;
