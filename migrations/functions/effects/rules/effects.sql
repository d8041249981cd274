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
-- see `check_inputs`. `answer_with` makes the answer, and computes the effects:
--   dispatches     what the Worker must send to runners: see `dispatch_of`
--   stops          the same for the webhooks `workflow_run.stopping`: see `stop_dispatch_of`
--   stopped        the messages to the runners of runs that were stopped at once: see `stop_judged_run`
--   tenants        [{"tenant_id", "due_in_ms", "runs", "work", "endpoint_ids", "ended_user_ids"}]: whom to tell of what, by tenant
--     due_in_ms      milliseconds until something of the changed runs, or a notification, is due; null when nothing is. What is
--                    due of other runs was told when they changed.
--     runs           [{"run_id", "workflow_definition_id", "has_ended", "is_log"?, "is_progress"?}]: the runs that were
--                    changed. A null `run_id` means any run of the definition, and two nulls mean something that is not a run.
--     work           [{"workflow_definition_id", "is_leasable", "count", "event_id", "tags"}]: of each changed definition whose runs are leased,
--                    how many runs runners could lease now, and the tags that they need, or null; "is_leasable" is true if
--                    that is at least one. "event_id" numbers these elements, and is no id of an event any more: not each
--                    change that makes or takes work has an event. Of two elements about the same definition, the one with the
--                    higher number is newer, if both were made while it was locked.
--     endpoint_ids   the notification endpoints to which something can be sent now
--     ended_user_ids the users of whom a credential has ended
--     fires          true when a trigger of the tenant is due now: see `fire_due`
-- Fields that would be empty are left out.

-- The answer of a verb. `p_changed` are the runs that it has changed: see `changed_run`. What else it has done, it tells by `p_told`:
--   deleted         [{"run_id", "workflow_definition_id"}]: runs that were deleted; nulls as in "runs" above
--   definition_ids  definitions of which there may be other work for runners now
--   changed         {"run_id", "workflow_definition_id"}: a run that was changed without an event
--   changed_runs    runs that were changed without an event, of which something may be due: see `changed_run`. For `answer_of`.
--   log_of, progress_of   the run whose log has grown, or whose progress has changed
--   others          true when something that is not a run has changed
--   ended_user_ids  users of whom a credential has ended
--   stopped         as in the effects
--   is_due          true when the verb has made something due that has no event, such as the end of a lease
--   notifies        true when notifications may be due now although there is no new event
--   fires           true when the verb has made a trigger due
-- A verb without a tenant, such as a sweep, can tell `definition_ids`, `changed_runs` and `stopped` only.
-- `p_value`, which is large, becomes the field `p_field` of the "result". It is set at last, since each step would copy it.
create or replace function public.answer_with(
  p_context jsonb, p_tenant_id uuid, p_answer jsonb, p_changed jsonb, p_told jsonb default null, p_field text default null,
  p_value jsonb default null
) returns jsonb
language plpgsql as $$
declare
  v_changed jsonb := p_changed;
  v_effects jsonb;
  v_answer jsonb;
  v_run_id uuid;
  v_dispatches jsonb[];
  v_stops jsonb[];
begin
  -- 1. What follows in each tenant? Usually, one run was changed. Of several, each is told once, as it is now.
  if p_told is null and jsonb_array_length(p_changed) = 1 then
    v_effects := jsonb_build_object('tenants', jsonb_build_array(
      public.effects_in(p_context, coalesce(p_tenant_id, (p_changed #>> '{0,tenant_id}')::uuid), p_changed)));
  elsif p_told is null and coalesce(p_changed, '[]') = '[]' then
    v_effects := '{}';
  else
    v_changed := case
      when jsonb_array_length(p_changed) > 1 or p_told ? 'definition_ids' then public.latest_changes(p_changed, p_told -> 'definition_ids')
      else coalesce(p_changed, '[]')
    end;
    v_effects := case
      when p_tenant_id is not null then
        jsonb_build_object('tenants', jsonb_build_array(public.effects_in(p_context, p_tenant_id, v_changed, p_told)))
      when v_changed = '[]' then '{}'
      else jsonb_build_object('tenants', (
        select jsonb_agg(public.effects_in(p_context, of_tenant.id, of_tenant.changed) order by of_tenant.id)
        from (
          select (changed.value ->> 'tenant_id')::uuid as id, jsonb_agg(changed.value) as changed
          from jsonb_array_elements(v_changed) changed (value)
          group by changed.value ->> 'tenant_id'
        ) of_tenant))
    end;
    if p_told -> 'stopped' <> '[]' then
      v_effects := v_effects || jsonb_build_object('stopped', p_told -> 'stopped');
    end if;
  end if;
  v_answer := p_answer || case
    when p_tenant_id is null then jsonb_build_object('effects', v_effects)
    else jsonb_build_object('tenant_id', p_tenant_id, 'effects', v_effects)
  end;

  -- 2. What does the Worker that asks send? It has claimed that. If it dies, the cron's sweep finds it.
  if v_changed @> '[{"is_sent": true}]' or v_changed @> '[{"stop_is_sent": true}]' then
    for v_place in 0 .. jsonb_array_length(v_changed) - 1 loop
      v_run_id := v_changed #>> array[v_place::text, 'run', 'run_id'];
      if (v_changed -> v_place ->> 'is_sent')::boolean then
        v_dispatches := v_dispatches || public.dispatch_of(v_run_id, clock_timestamp());
      end if;
      if (v_changed -> v_place ->> 'stop_is_sent')::boolean then
        v_stops := v_stops || public.stop_dispatch_of(v_run_id, clock_timestamp());
      end if;
    end loop;
    if v_dispatches is not null then
      v_answer := jsonb_set(v_answer, '{effects,dispatches}', to_jsonb(v_dispatches));
    end if;
    if v_stops is not null then
      v_answer := jsonb_set(v_answer, '{effects,stops}', to_jsonb(v_stops));
    end if;
  end if;
  return case when p_value is null then v_answer else jsonb_set(v_answer, array['result', p_field], p_value) end;
end $$;

-- The changed runs, of each only what was told last, and the definitions of which there is other work: {"tenant_id", "definition_id",
-- "due_at"}. Each of these counts like a changed run.
create or replace function public.latest_changes(p_changed jsonb, p_definition_ids jsonb) returns jsonb
language plpgsql as $$
begin
  return (
    select coalesce(jsonb_agg(latest.value), '[]')
    from (
      (
        select distinct on (told.value #>> '{run,run_id}') told.value
        from jsonb_array_elements(p_changed) with ordinality told (value, place)
        order by told.value #>> '{run,run_id}', told.place desc
      )
      union all
      select jsonb_build_object('tenant_id', d.tenant_id, 'definition_id', d.id,
        -- This may be about a trigger. Its next instant may have changed.
        'due_at', public.triggers_due_at(d.tenant_id))
      from jsonb_array_elements_text(p_definition_ids) told (id)
      cross join lateral (
        select d.tenant_id, d.id from public.workflow_definitions d where d.id = told.id::uuid limit 1) d
    ) latest);
end $$;

-- The effects in one tenant: an element of "tenants". The end or the deletion of a run may have made a trigger due. The Worker that asks
-- fires it if it sends what starts; otherwise, the hub's alarm or the sweep does.
create or replace function public.effects_in(p_context jsonb, p_tenant_id uuid, p_changed jsonb, p_told jsonb default null) returns jsonb
language plpgsql as $$
declare
  v_now timestamptz;
  v_runs jsonb;
  v_definition_ids uuid[];
  v_has_ended boolean;
  v_work jsonb;
  v_leases boolean;
  v_notifies boolean;
  v_has_endpoints boolean;
  v_has_due_firings boolean;
  v_due_at timestamptz;
  v_effects jsonb;
begin
  -- 1. Usually one run was changed, and nothing else follows from it: most tenants have no endpoint, and most definitions send their runs.
  if p_told is null and p_changed -> 1 is null and p_changed #> '{0,run}' is not null then
    select asked.leases, asked.has_endpoints, asked.has_due_firings, case
      when not (asked.has_endpoints or asked.has_due_firings) then jsonb_build_object('tenant_id', p_tenant_id,
        'due_in_ms', public.ms_until(asked.due_at), 'runs', jsonb_build_array(p_changed #> '{0,run}'),
        'work', case when asked.leases then public.work_for_runners(
          array[(p_changed #>> '{0,run,workflow_definition_id}')::uuid]) else '[]' end) end
    into v_leases, v_has_endpoints, v_has_due_firings, v_effects
    from (
      select (p_changed #>> '{0,due_at}')::timestamptz as due_at, exists (
          select from public.workflow_definitions d
          where d.id = (p_changed #>> '{0,run,workflow_definition_id}')::uuid and d.handover = 'lease') as leases,
        exists (select from public.notification_endpoints e where e.tenant_id = p_tenant_id and e.disabled_at is null) as has_endpoints,
        (p_changed #>> '{0,run,has_ended}')::boolean
          and exists (select from public.due_firings f where f.tenant_id = p_tenant_id) as has_due_firings
      offset 0
    ) asked;
    if v_effects is not null then
      return v_effects;
    end if;
  end if;

  -- 2. What was changed, and what follows from it?
  v_now := clock_timestamp();
  v_effects := jsonb_build_object('tenant_id', p_tenant_id);
  if v_leases is not null then
    v_runs := jsonb_build_array(p_changed #> '{0,run}');
    v_definition_ids := array[(p_changed #>> '{0,run,workflow_definition_id}')::uuid];
    v_due_at := p_changed #>> '{0,due_at}';
  else
    select coalesce(jsonb_agg(told.value -> 'run') filter (where told.value ? 'run'), '[]'),
      array_agg(coalesce(told.value ->> 'definition_id', told.value #>> '{run,workflow_definition_id}')::uuid),
      min((told.value ->> 'due_at')::timestamptz),
      coalesce(p_told ? 'deleted', false) or coalesce(bool_or((told.value #>> '{run,has_ended}')::boolean), false)
    into v_runs, v_definition_ids, v_due_at, v_has_ended
    from jsonb_array_elements(p_changed) told (value);
    select exists (select from public.workflow_definitions d where d.id = any (v_definition_ids) and d.handover = 'lease'),
      exists (select from public.notification_endpoints e where e.tenant_id = p_tenant_id and e.disabled_at is null),
      v_has_ended and exists (select from public.due_firings f where f.tenant_id = p_tenant_id)
    into v_leases, v_has_endpoints, v_has_due_firings;
  end if;
  if v_leases then
    v_work := public.work_for_runners(v_definition_ids);
  end if;
  if v_has_endpoints then
    v_notifies := v_runs <> '[]' or coalesce((p_told ->> 'notifies')::boolean, false);
    if not v_notifies and p_told ? 'deleted' then
      -- If a verb has ended an overdue run and then deleted it, the events of the run were deleted, too. The notifications of its
      -- end are still there and have to be sent.
      v_notifies := exists (
        select from public.notifications n
        where n.tenant_id = p_tenant_id and n.created_at >= date_trunc('milliseconds', statement_timestamp())
          and n.xmin = pg_current_xact_id_if_assigned()::xid);
    end if;
    if v_notifies then
      v_effects := v_effects || jsonb_build_object('endpoint_ids', to_jsonb(public.due_endpoints(p_tenant_id)));
    end if;
    v_due_at := least(v_due_at, public.notifications_due_at(p_tenant_id));
  end if;
  if v_has_due_firings then
    if (p_context ->> 'sends')::boolean then
      v_effects := v_effects || '{"fires": true}';
    else
      v_due_at := least(v_due_at, v_now);
    end if;
  end if;

  -- 3. What has the verb told besides?
  if p_told is not null then
    if (p_told ->> 'is_due')::boolean then
      v_due_at := least(v_due_at, public.next_due_at(p_tenant_id, '-infinity'));
    end if;
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
    'due_in_ms', public.ms_until(v_due_at), 'runs', v_runs, 'work', coalesce(v_work, '[]'));
end $$;

-- "work" in one tenant: see the head of this file.
create or replace function public.work_for_runners(p_definition_ids uuid[]) returns jsonb
language plpgsql as $$
declare
  v_now constant timestamptz := clock_timestamp();
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'workflow_definition_id', work.workflow_definition_id, 'is_leasable', work.count > 0, 'count', work.count,
      'event_id', nextval('public.runner_work'), 'tags', nullif(work.tags, '{}'))), '[]')
    from public.leased_work(p_definition_ids, v_now) work);
end $$;
