-- Stops, retries or deletes many runs of the caller's tenant, all in one transaction. `p_action` is 'stop', 'retry' or 'delete'.
-- With `p_statuses`, it changes only runs that are in one of these states after the locks were taken: when only waiting runs are
-- to be stopped, a run that started meanwhile is left alone. A dry run changes no run, and answers what would be refused and, as "preview",
-- what would be changed: see `preview_of_runs`. When a call would change more than `p_at_most` runs, it changes
-- none and answers as a dry run does.
--
-- Guarantees:
-- - Each run is changed completely, or refused for a reason for which `stop_run`, `retry_run` or `delete_run` would refuse it.
-- - Runs that are stopped or deleted do not start each other: the next runs start when all are changed.
-- Closes the race with any other verb, and with itself: the definitions are locked in the order of their ids.
--
-- Answers {"result": {"matched": number of runs, "refusals": [{"run_id", "refusal"}], "preview"?}}, or "refused": unauthenticated. A "refusal" is
-- what the verb on one run answers.
create or replace function public.change_runs(
  p_context jsonb, p_action text, p_run_ids uuid[], p_statuses text[], p_is_dry_run boolean,
  p_at_most integer default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  c_most_named constant integer := 100;
  v_is_dry_run boolean := p_is_dry_run or p_at_most is not null;
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_definition_ids uuid[];
  v_now timestamptz;
  v_run_id uuid;
  v_definition_id uuid;
  v_judged jsonb;
  v_matched integer;
  v_refusals jsonb;
  v_stopped jsonb := '[]';
  v_deleted jsonb := '[]';
  v_changed_ids uuid[];
begin
  -- 1. Lock the definitions of all runs, then judge the caller. The runs are judged one by one.
  with locked as (
    select d.id
    from public.find_caller(p_context -> 'caller') caller
    join public.workflow_definitions d on d.tenant_id = caller.tenant_id
    where d.id in (
      select r.workflow_definition_id from public.workflow_runs r
      where r.tenant_id = caller.tenant_id and r.id = any (p_run_ids))
    order by d.id
    for update of d
  )
  select coalesce(array_agg(id), '{}') into v_definition_ids from locked;
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return public.answer_of(p_context, null, '{"refused": "unauthenticated"}');
  end if;
  if p_action = 'stop' then
    perform r.id from public.workflow_runs r
    where r.tenant_id = v_tenant_id and r.id = any (p_run_ids) and r.workflow_definition_id = any (v_definition_ids)
    order by r.id
    for update;
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue runs.
  perform public.end_overdue_runs(v_definition_ids, v_now, p_run_ids);

  -- 3. Change the runs. Retries go to the end of their queues, so they keep their order. With `p_at_most`, the first round is a dry run, and
  --    the only one when too many would be changed.
  loop
    v_matched := 0;
    v_refusals := '[]';
    v_changed_ids := '{}';
    for v_run_id, v_definition_id in
      select given.id, r.workflow_definition_id
      from (select distinct id from unnest(p_run_ids) named (id)) given
      left join public.workflow_runs r on r.tenant_id = v_tenant_id and r.id = given.id
      where p_statuses is null or r.status = any (p_statuses)
      order by case when p_action = 'retry' then r.queue_position else - r.queue_position end, given.id
    loop
      v_matched := v_matched + 1;
      v_judged := public.judge_run_change(v_role, v_tenant_id, v_user_id, v_run_id);
      if not v_judged ? 'refused' then
        v_judged := case p_action
          when 'retry' then public.judge_retry(v_role, v_tenant_id, v_user_id, v_run_id)
          else public.judge_run_state(v_run_id, p_action)
        end;
      end if;
      if v_judged ? 'refused' then
        v_refusals := v_refusals || jsonb_build_object('run_id', v_run_id, 'refusal', v_judged);
        continue;
      end if;
      v_changed_ids := v_changed_ids || v_run_id;
      continue when v_is_dry_run;
      if p_action = 'stop' then
        v_stopped := v_stopped || (public.stop_judged_run(p_context, v_user_id, v_run_id, null, 0, v_now) -> 'stopped');
      elsif p_action = 'retry' then
        perform public.retry_judged_run(v_user_id, v_run_id, v_definition_id, v_now);
      else
        perform public.delete_judged_run(v_run_id, v_now);
        -- Listeners to lists need only be told once.
        v_deleted := '[{"run_id": null, "workflow_definition_id": null}]';
      end if;
    end loop;
    exit when p_is_dry_run or not v_is_dry_run or cardinality(v_changed_ids) > p_at_most;
    v_is_dry_run := false;
  end loop;

  if cardinality(v_changed_ids) > 0 and not v_is_dry_run then
    perform public.audit_act(p_context, v_tenant_id,
      'workflow_run.' || case p_action when 'stop' then 'stopped' when 'retry' then 'retried' else 'deleted' end, 'workflow_run', null,
      jsonb_build_object('count', cardinality(v_changed_ids), 'run_ids', v_changed_ids[:c_most_named]),
      case when cardinality(v_definition_ids) = 1 then
        jsonb_build_object('kind', 'workflow_definition', 'id', v_definition_ids[1]) end);
  end if;

  -- 4. Promote the next runs.
  perform public.promote_next_runs(p_context, v_definition_ids, v_now);
  return public.answer_of(p_context, v_tenant_id,
    jsonb_build_object('result', jsonb_build_object('matched', v_matched, 'refusals', v_refusals) || case
      when v_is_dry_run then jsonb_build_object('preview', public.preview_of_runs(v_changed_ids, v_now)) else '{}' end),
    jsonb_build_object('stopped', v_stopped, 'deleted', v_deleted));
end $$;
