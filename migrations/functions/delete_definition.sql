-- Deletes a definition with its runs, their events, its node in the tree and the permissions on it.
--
-- Guarantees: all that belongs to the definition is deleted with it, and nothing is deleted while one of its runs is RUNNING.
-- Closes the race with an invoke: both hold the definition's lock before they look at its runs.
--
-- Answers {"tenant_id", "dispatches"}, and "refused" when it refuses, which is one of:
--   unauthenticated, not_found, forbidden (not an administrator), running (with "run_id")
create or replace function public.delete_definition(
  p_credential jsonb, p_definition_id uuid, p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan
-- Needed for the foreign key that deletes the runs. It finds them by tenant and definition. The planner would combine the index
-- by definition with one by tenant, and so read all runs of a large tenant.
set enable_bitmapscan = off
as $$
declare
  v_now timestamptz;
  v_judged jsonb;
  v_answer jsonb;
  v_running_id uuid;
  v_node_id uuid;
begin
  -- 1. Lock the definition.
  perform public.lock_definition(p_credential, p_definition_id);
  v_now := clock_timestamp();

  -- 2. May the caller delete it?
  v_judged := public.judge_definition_change(p_credential, p_definition_id);
  v_answer := v_judged - '{user_id,role}'::text[];
  if v_judged ->> 'refused' in ('unauthenticated', 'not_found') then
    return v_answer || '{"dispatches": []}';
  end if;
  if not public.is_administrator(v_judged ->> 'role') then
    v_answer := v_answer || '{"refused": "forbidden"}';
  end if;

  -- 3. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[p_definition_id], v_now);

  -- 4. Delete the definition, unless one of its runs is RUNNING. The foreign keys delete what belongs to it.
  select r.id into v_running_id
  from public.workflow_runs r
  where r.workflow_definition_id = p_definition_id
    -- Only the run in the slot can prevent the deletion, and there is an index for it.
    and r.status = 'RUNNING' and public.next_status(r.status, 'delete') is null;
  if not v_answer ? 'refused' and v_running_id is not null then
    v_answer := v_answer || jsonb_build_object('refused', 'running', 'run_id', v_running_id);
  end if;
  if not v_answer ? 'refused' then
    delete from public.workflow_definitions d where d.id = p_definition_id returning d.path_part_id into v_node_id;
    delete from public.path_parts node where node.tenant_id = (v_judged ->> 'tenant_id')::uuid and node.id = v_node_id;
  end if;

  -- 5. Promote the next run.
  return v_answer || jsonb_build_object('dispatches',
    public.promote_next_runs(array[p_definition_id], v_now, p_grace_seconds, p_dispatch_lease_seconds));
end $$;
