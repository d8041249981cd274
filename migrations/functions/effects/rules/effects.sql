-- Context in, effects out: what every verb gets, and what every verb answers.
--
-- A verb's first argument is `p_context`, which is the same for all verbs:
--   caller         the credential of the caller: see `find_caller`. Missing when no caller asks, such as in a sweep.
--   run            {"run_id", "tenant_id", "attempt"}: the attempt that a run token has proved
--   session        {"session_id", "tenant_id"}: the session of a runner, proved by its token
--   webhook        {"trigger_id", "version"}: the trigger whose secret has signed the message
--   request_id     the id of the request; null in a sweep
--   inputs         {hash of a schema: {hash of an input: [faults]}}: what the Worker has found out about inputs: see `check_inputs`
--   slack_seconds  are added to the deadline of a run that starts
--   sends          true when the Worker that asks sends the dispatches and stops of the answer. Otherwise they are due at once,
--                  and the sweep sends them.
--
-- A verb's answer is {"tenant_id", "result", "effects"}, or {"tenant_id"?, "refused", …, "effects"}: `refused` is the reason in one
-- word, and what else is needed to explain it stands beside it. "unchecked" are inputs that the Worker must check before it calls again:
-- see `check_inputs`. `answer_of` makes the answer, and computes the effects:
--   dispatches     what the Worker must send to runners: see `dispatch_of`
--   stops          the same for the webhooks `workflow_run.stopping`: see `stop_dispatch_of`
--   stopped        the messages to the runners of runs that were stopped at once: see `stop_judged_run`
--   tenants        [{"tenant_id", "due_in_ms", "runs", "work", "endpoint_ids", "ended_user_ids"}]: whom to tell of what, by tenant
--     due_in_ms      milliseconds until something of the changed runs, or a notification, is due; null when nothing is. What is
--                    due of other runs was told when they changed.
--     runs           [{"run_id", "workflow_definition_id", "has_ended", "is_log"?, "is_progress"?}]: the runs that were
--                    changed. A null `run_id` means any run of the definition, and two nulls mean something that is not a run.
--     work           [{"workflow_definition_id", "is_leasable", "count", "event_id"}]: of each changed definition whose runs are leased,
--                    how many runs runners could lease now; "is_leasable" is true if that is at least one. "event_id" numbers these
--                    elements, and is no id of an event any more: not each change that makes or takes work has an event. Of two elements
--                    about the same definition, the one with the higher number is newer, if both were made while it was locked.
--     endpoint_ids   the notification endpoints to which something can be sent now
--     ended_user_ids the users of whom a credential has ended
--     fires          true when a trigger of the tenant is due now: see `fire_due`
-- Fields that would be empty are left out.

-- The answer of a verb. `p_since` is the id of the last event before the verb began: each verb begins with `last_event_id`. The
-- events of the transaction after it say which runs the verb has changed. What has no event, the verb tells by `p_told`:
--   deleted         [{"run_id", "workflow_definition_id"}]: runs that were deleted; nulls as in "runs" above
--   definition_ids  definitions of which there may be other work for runners now
--   changed         {"run_id", "workflow_definition_id"}: a run that was changed without an event
--   log_of, progress_of   the run whose log has grown, or whose progress has changed
--   others          true when something that is not a run has changed
--   ended_user_ids  users of whom a credential has ended
--   stopped         as in the effects
--   is_due          true when the verb has made something due that has no event, such as the end of a lease
--   notifies        true when notifications may be due now although there is no new event
--   fires           true when the verb has made a trigger due
-- A verb without a tenant, such as a sweep, can tell `definition_ids` and `stopped` only.
create or replace function public.answer_of(
  p_context jsonb, p_since bigint, p_tenant_id uuid, p_answer jsonb, p_told jsonb default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- With an upper bound, the planner expects a short range of ids. Without it, the planner might read the whole table.
  c_most_new_events constant bigint := 1000000000;
  -- More than this many dispatches and stops are left to the sweep, which sends them to several runners at the same time.
  c_most_sent constant integer := 20;
  v_answer constant jsonb := jsonb_strip_nulls(jsonb_build_object('tenant_id', p_tenant_id)) || p_answer;
  v_xid constant xid := pg_current_xact_id_if_assigned()::xid;
  v_sends constant boolean := coalesce((p_context ->> 'sends')::boolean, false);
  v_now timestamptz;
  v_effects jsonb := '{}';
  -- An array of Postgres, since adding to a JSON array copies it, and a sweep may have changed runs of a thousand tenants.
  v_tenants jsonb[] := '{}';
  v_dispatches jsonb := '[]';
  v_stops jsonb := '[]';
  v_tenant_id uuid;
  v_due_at timestamptz;
  v_runs jsonb[];
  v_definition_ids uuid[];
  v_changed_tenant_id uuid;
  v_run_id uuid;
  v_definition_id uuid;
  v_status text;
  v_run_due_at timestamptz;
  v_next_dispatch_at timestamptz;
  v_next_stop_at timestamptz;
  v_has_started boolean;
  v_has_stop boolean;
  v_has_ended boolean := false;
  v_notifies boolean := coalesce((p_told ->> 'notifies')::boolean, false);
begin
  if v_xid is null and p_told is null then
    -- Nothing was written.
    return v_answer || '{"effects": {}}';
  end if;
  v_now := clock_timestamp();
  for v_changed_tenant_id, v_run_id, v_definition_id, v_status, v_run_due_at, v_next_dispatch_at, v_next_stop_at, v_has_started,
    v_has_stop
  in
    select changed.tenant_id, run.id, coalesce(run.workflow_definition_id, changed.definition_id), run.status, run.ends_at,
      run.next_dispatch_at, run.next_stop_at, changed.has_started, changed.has_stop
    from (
      select e.tenant_id, e.run_id, null::uuid as definition_id, bool_or(e.type = 'STARTED') as has_started,
        bool_or(e.type = 'STOP_REQUESTED') as has_stop
      from public.workflow_run_events e
      where e.id > p_since and e.id <= p_since + c_most_new_events and e.xmin = v_xid
      group by e.tenant_id, e.run_id
      union all
      -- A definition of which there is other work counts like a changed run of it.
      select d.tenant_id, null, d.id, false, false
      from jsonb_array_elements_text(p_told -> 'definition_ids') told (id)
      cross join lateral (
        select d.tenant_id, d.id from public.workflow_definitions d where d.id = told.id::uuid limit 1) d
    ) changed
    left join lateral public.run_with_due(changed.run_id) run on true
    order by changed.tenant_id
  loop
    if v_tenant_id is distinct from v_changed_tenant_id then
      if v_tenant_id is not null then
        v_tenants := v_tenants || public.effects_in(v_tenant_id, v_due_at, v_runs, v_definition_ids, true, null, v_has_ended, v_sends);
      end if;
      v_tenant_id := v_changed_tenant_id;
      v_due_at := null;
      v_runs := '{}';
      v_definition_ids := '{}';
      v_has_ended := false;
    end if;
    v_definition_ids := v_definition_ids || v_definition_id;
    if v_run_id is null then
      -- This may be about a trigger. Its next instant may have changed.
      v_due_at := least(v_due_at, public.triggers_due_at(v_tenant_id));
    end if;
    continue when v_run_id is null and v_definition_id is not null;
    v_notifies := true;
    v_has_ended := v_has_ended or coalesce(v_status in ('COMPLETED', 'FAILED'), false);
    -- An event without a run counts as a change of an unknown run, so that listeners to the whole tenant hear of it.
    v_runs := v_runs || jsonb_build_object('run_id', coalesce(v_run_id, v_tenant_id),
      'workflow_definition_id', coalesce(v_definition_id, v_tenant_id),
      'has_ended', coalesce(v_status in ('COMPLETED', 'FAILED'), false));
    -- What the Worker has claimed is not due: it is about to send it. If the Worker dies, the cron's sweep finds it.
    if v_sends and v_has_started and v_next_dispatch_at > v_now then
      if jsonb_array_length(v_dispatches) < c_most_sent then
        v_dispatches := v_dispatches || public.dispatch_of(v_run_id, v_now);
        v_next_dispatch_at := null;
      else
        update public.workflow_runs r
        set next_dispatch_at = v_now, dispatch_count = r.dispatch_count - 1
        where r.id = v_run_id
        returning r.next_dispatch_at into v_next_dispatch_at;
      end if;
    end if;
    if v_sends and v_has_stop and v_next_stop_at > v_now then
      if jsonb_array_length(v_stops) < c_most_sent then
        v_stops := v_stops || public.stop_dispatch_of(v_run_id, v_now);
        v_next_stop_at := null;
      else
        update public.running_attempts a
        set next_stop_dispatch_at = v_now, stop_dispatch_count = a.stop_dispatch_count - 1
        where a.run_id = v_run_id
        returning a.next_stop_dispatch_at into v_next_stop_at;
      end if;
    end if;
    v_due_at := least(v_due_at, v_run_due_at, v_next_dispatch_at, v_next_stop_at);
  end loop;

  if p_tenant_id is not null and not v_notifies and p_told ? 'deleted' then
    -- If a verb has ended an overdue run and then deleted it, the events of the run were deleted, too. The notifications of its
    -- end are still there and have to be sent.
    v_notifies := exists (
      select from public.notifications n
      where n.tenant_id = p_tenant_id and n.created_at >= date_trunc('milliseconds', statement_timestamp()) and n.xmin = v_xid);
  end if;
  if p_tenant_id is not null and p_told is not null then
    v_tenant_id := p_tenant_id;
  end if;
  if v_tenant_id is not null then
    if (p_told ->> 'is_due')::boolean then
      v_due_at := least(v_due_at, public.next_due_at(p_tenant_id, '-infinity'));
    end if;
    v_tenants := v_tenants || public.effects_in(v_tenant_id, v_due_at, v_runs, v_definition_ids, v_notifies, p_told,
      v_has_ended or coalesce(p_told ? 'deleted', false), v_sends);
  end if;
  if cardinality(v_tenants) > 0 then
    v_effects := jsonb_build_object('tenants', to_jsonb(v_tenants));
  end if;
  if v_dispatches <> '[]' then
    v_effects := v_effects || jsonb_build_object('dispatches', v_dispatches);
  end if;
  if v_stops <> '[]' then
    v_effects := v_effects || jsonb_build_object('stops', v_stops);
  end if;
  if p_told -> 'stopped' <> '[]' then
    v_effects := v_effects || jsonb_build_object('stopped', p_told -> 'stopped');
  end if;
  return v_answer || jsonb_build_object('effects', v_effects);
end $$;

-- The effects in one tenant: an element of "tenants". `p_due_at` is the earliest instant at which something of the changed runs is
-- due, and `p_definition_ids` are their definitions. `p_has_ended`: a run has ended or was deleted, which may have made a trigger due. The
-- Worker that asks fires it if it sends what starts; otherwise, the hub's alarm or the sweep does.
create or replace function public.effects_in(
  p_tenant_id uuid, p_due_at timestamptz, p_runs jsonb[], p_definition_ids uuid[], p_notifies boolean, p_told jsonb,
  p_has_ended boolean default false, p_sends boolean default false
) returns jsonb
language plpgsql as $$
declare
  v_runs jsonb := coalesce(to_jsonb(p_runs), '[]');
  v_now constant timestamptz := clock_timestamp();
  v_work jsonb;
  v_has_endpoints boolean;
  v_has_due_firings boolean;
  v_due_at timestamptz := p_due_at;
  v_effects jsonb := jsonb_build_object('tenant_id', p_tenant_id);
begin
  select
    coalesce(jsonb_agg(jsonb_build_object(
      'workflow_definition_id', work.workflow_definition_id, 'is_leasable', work.count > 0, 'count', work.count,
      'event_id', nextval('public.runner_work'))), '[]'),
    exists (select from public.notification_endpoints e where e.tenant_id = p_tenant_id and e.disabled_at is null),
    p_has_ended and exists (select from public.due_firings f where f.tenant_id = p_tenant_id)
  into v_work, v_has_endpoints, v_has_due_firings
  from public.leased_work(p_definition_ids, v_now) work;
  -- Most tenants have no endpoint, so nothing more is read for them.
  if v_has_endpoints then
    if p_notifies then
      v_effects := v_effects || jsonb_build_object('endpoint_ids', to_jsonb(public.due_endpoints(p_tenant_id)));
    end if;
    v_due_at := least(v_due_at, public.notifications_due_at(p_tenant_id));
  end if;
  if v_has_due_firings then
    if p_sends then
      v_effects := v_effects || '{"fires": true}';
    else
      v_due_at := least(v_due_at, v_now);
    end if;
  end if;
  if p_told is not null then
    v_runs := v_runs || coalesce((
      select jsonb_agg(told.value || '{"has_ended": true}') from jsonb_array_elements(p_told -> 'deleted') told (value)), '[]');
    if p_told ? 'changed' then
      v_runs := v_runs || (p_told -> 'changed' || '{"has_ended": false}');
    end if;
    if p_told ? 'log_of' then
      v_runs := v_runs || jsonb_build_object(
        'run_id', p_told -> 'log_of', 'workflow_definition_id', null, 'has_ended', false, 'is_log', true);
    end if;
    if p_told ? 'progress_of' then
      v_runs := v_runs || jsonb_build_object('run_id', p_told -> 'progress_of', 'workflow_definition_id', null,
        'has_ended', false, 'is_log', true, 'is_progress', true);
    end if;
    if (p_told ->> 'others')::boolean then
      v_runs := v_runs || '{"run_id": null, "workflow_definition_id": null, "has_ended": false}'::jsonb;
    end if;
    if (p_told ->> 'fires')::boolean and public.triggers_due_at(p_tenant_id) <= v_now then
      v_effects := v_effects || '{"fires": true}';
    end if;
    if p_told -> 'ended_user_ids' <> '[]' then
      v_effects := v_effects || jsonb_build_object('ended_user_ids', p_told -> 'ended_user_ids');
    end if;
  end if;
  return v_effects || jsonb_build_object(
    'due_in_ms', public.ms_until(v_due_at), 'runs', v_runs, 'work', v_work);
end $$;

-- The answer of a verb whose caller was judged and refused. Of what the judgement says, the answer has the tenant and the reason.
create or replace function public.refusal_of(p_context jsonb, p_since bigint, p_judged jsonb) returns jsonb
language plpgsql as $$
begin
  return public.answer_of(
    p_context, p_since, (p_judged ->> 'tenant_id')::uuid, jsonb_build_object('refused', p_judged -> 'refused'));
end $$;
