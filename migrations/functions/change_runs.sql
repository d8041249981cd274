-- Stops, retries or deletes many runs of the caller's tenant, each with the verb for one run, all in one transaction.
-- `p_action` is 'stop', 'retry' or 'delete'. With `p_statuses`, it changes only runs that are in one of these states after the
-- locks were taken: when only waiting runs are to be stopped, a run that started meanwhile is left alone. A dry run changes no
-- run, and answers what would be refused.
--
-- Guarantees:
-- - Each run is changed completely, or refused for a reason for which its own verb would refuse it.
-- - Runs that are stopped or deleted do not start each other: of a queue, the last one goes first, and its RUNNING run goes last.
-- Closes the race with any other verb, and with itself: the definitions are locked in the order of their ids.
--
-- Answers {"tenant_id", "matched": number of runs, "refusals": [{"run_id", "refusal"}], "stopped": [see `stop_run`],
-- "dispatches"}, or "refused":
--   unauthenticated
-- A "refusal" is as `judge_run_change` and `judge_retry` answer it.
create or replace function public.change_runs(
  p_credential jsonb, p_action text, p_run_ids uuid[], p_statuses text[], p_is_dry_run boolean,
  p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- An answer has at most this many dispatches, each with the snapshot and the input of its run. The sweep sends the others.
  c_max_dispatches constant integer := 20;
  v_tenant_id uuid;
  v_definition_ids uuid[];
  v_now timestamptz;
  v_run_id uuid;
  v_lease_seconds integer;
  v_changed jsonb;
  v_matched integer := 0;
  v_refusals jsonb := '[]';
  v_stopped jsonb := '[]';
  v_dispatches jsonb := '[]';
begin
  select caller.tenant_id into v_tenant_id from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;

  -- 1. Lock the definitions of all runs. The verbs below lock them again, which then never waits.
  with locked as (
    select d.id
    from public.workflow_definitions d
    where d.tenant_id = v_tenant_id and d.id in (
      select r.workflow_definition_id from public.workflow_runs r
      where r.tenant_id = v_tenant_id and r.id = any (p_run_ids))
    order by d.id
    for update of d
  )
  select coalesce(array_agg(id), '{}') into v_definition_ids from locked;
  v_now := clock_timestamp();

  -- 2. End the overdue runs.
  perform public.end_overdue_runs(v_definition_ids, v_now);

  -- 3. Change the runs. Retries go to the end of their queues, so they keep their order.
  for v_run_id in
    select given.id
    from (select distinct id from unnest(p_run_ids) named (id)) given
    left join public.workflow_runs r on r.tenant_id = v_tenant_id and r.id = given.id
    where p_statuses is null or r.status = any (p_statuses)
    order by case when p_action = 'retry' then r.queue_position else - r.queue_position end, given.id
  loop
    v_lease_seconds := case
      when jsonb_array_length(v_dispatches) < c_max_dispatches then p_dispatch_lease_seconds else 0 end;
    v_changed := case
      when p_is_dry_run and p_action = 'retry' then public.judge_retry(p_credential, v_run_id)
      when p_is_dry_run then public.judge_run_change(p_credential, v_run_id, p_action)
      when p_action = 'stop' then public.stop_run(p_credential, v_run_id, null, 0, p_grace_seconds, v_lease_seconds)
      when p_action = 'retry' then public.retry_run(p_credential, v_run_id, p_grace_seconds, v_lease_seconds)
      when p_action = 'delete' then public.delete_run(p_credential, v_run_id, p_grace_seconds, v_lease_seconds)
    end;
    v_matched := v_matched + 1;
    v_dispatches := v_dispatches || coalesce(v_changed -> 'dispatches', '[]');
    if v_changed ? 'refused' then
      -- A refusal may have its own "run_id": that of the run that now uses the idempotency key.
      v_refusals := v_refusals || jsonb_build_object('run_id', v_run_id, 'refusal', v_changed - '{tenant_id,dispatches}'::text[]);
    elsif jsonb_typeof(v_changed -> 'stopped') = 'object' then
      v_stopped := v_stopped || (v_changed -> 'stopped');
    end if;
  end loop;

  -- 4. Promote the next runs. The verbs have done so for their definitions, but not in a dry run.
  v_dispatches := v_dispatches || public.promote_next_runs(v_definition_ids, v_now, p_grace_seconds,
    case when jsonb_array_length(v_dispatches) < c_max_dispatches then p_dispatch_lease_seconds else 0 end);
  return jsonb_build_object('tenant_id', v_tenant_id, 'matched', v_matched, 'refusals', v_refusals, 'stopped', v_stopped,
    'dispatches', v_dispatches);
end $$;
