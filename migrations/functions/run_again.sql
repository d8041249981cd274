-- Triggers a new run of the same definition and with the same input as a run that the caller may see, whatever the state of
-- that run. It is an invoke: the current definition is used, and the caller needs the permissions for it.
--
-- Guarantees: those of `trigger_run`, which does the work.
--
-- Answers like `trigger_run`. "refused" can also be a refusal of `judge_run_read`, then with {"tenant_id"?, "dispatches": []}.
create or replace function public.run_again(
  p_credential jsonb, p_run_id uuid, p_new_run_id uuid, p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb;
  v_definition_id uuid;
  v_input json;
begin
  v_judged := public.judge_run_read(p_credential, p_run_id);
  if v_judged ? 'refused' then
    return v_judged || '{"dispatches": []}';
  end if;
  select r.workflow_definition_id, r.input into v_definition_id, v_input
  from public.workflow_runs r
  where r.id = p_run_id;
  return public.trigger_run(
    p_credential, v_definition_id, p_new_run_id, null, v_input, null, p_grace_seconds, p_dispatch_lease_seconds);
end $$;
