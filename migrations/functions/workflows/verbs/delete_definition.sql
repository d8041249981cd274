-- Deletes a definition with its node in the tree, the permissions on it, and its triggers. Nobody sees its runs and batches, and the
-- firings of its triggers, from then on. There may be a million of them, so the sweep deletes them in chunks: see `finish_deletions`.
--
-- Guarantees: all that belongs to the definition is deleted, and nothing is deleted while one of its runs is RUNNING. None of its PENDING
-- runs starts, since the definition starts them, and it is gone. Triggers of other definitions that fire after its runs pause themselves.
-- Closes the race with an invoke: both hold the definition's lock before they look at its runs. So no run is inserted after the deletion.
--
-- Answers {"result": {}}, or "refused":
--   unauthenticated, not_found, forbidden (not an administrator), running (with "run_id")
create or replace function public.delete_definition(p_context jsonb, p_definition_id uuid) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_judged jsonb;
  v_tenant_id uuid;
  v_now timestamptz;
  v_running_id uuid;
  v_node_id uuid;
  v_answer jsonb;
  v_told jsonb;
  v_before jsonb;
begin
  -- 1. Lock the definition, and judge the caller.
  v_judged := public.lock_and_judge_definition(p_context, p_definition_id);
  v_tenant_id := v_judged ->> 'tenant_id';
  if not v_judged ? 'refused' and not public.is_administrator(v_judged ->> 'role') then
    v_judged := v_judged || '{"refused": "forbidden"}';
  end if;
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[p_definition_id], v_now);

  -- 3. Delete the definition, unless one of its runs is RUNNING. The foreign keys delete its triggers, and the permissions on its node.
  select r.id into v_running_id
  from public.workflow_runs r
  where r.workflow_definition_id = p_definition_id
    -- Only a run in a slot can prevent the deletion, and there is an index for it.
    and r.status = 'RUNNING' and public.next_status(r.status, 'delete') is null;
  if v_running_id is not null then
    v_answer := jsonb_build_object('refused', 'running', 'run_id', v_running_id);
  else
    v_before := public.audited('workflow_definition', p_definition_id);
    perform public.note_deleted_definition(v_tenant_id, p_definition_id, v_now);
    delete from public.workflow_definitions d where d.id = p_definition_id returning d.path_part_id into v_node_id;
    -- At most 1,000. The sweep deletes those that a run got once they are old, since they have no payload.
    delete from public.kept_signals s where s.workflow_definition_id = p_definition_id and s.taken_at is null;
    delete from public.path_parts node where node.tenant_id = v_tenant_id and node.id = v_node_id;
    perform public.audit_change(
      p_context, v_tenant_id, 'workflow_definition.deleted', 'workflow_definition', p_definition_id, v_before);
    v_answer := '{"result": {}}';
    v_told := jsonb_build_object('deleted', jsonb_build_array(
      jsonb_build_object('run_id', null, 'workflow_definition_id', p_definition_id)), 'others', true);
  end if;

  -- 4. Promote the next run.
  perform public.promote_next_runs(p_context, array[p_definition_id], v_now);
  return public.answer_of(p_context, v_tenant_id, v_answer, v_told);
end $$;
