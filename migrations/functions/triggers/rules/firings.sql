-- What happens when a trigger fires. `firing_records.sql` records what became of each occasion.

-- Fires a trigger whose definition is locked and whose overdue runs were ended, with the rights that its user has now. It records the
-- firing, and what did not fire becomes an event. `p_firing` is {"firing_id", "run_id", "cause"}, and optionally:
--   at, due_at               the instant of the schedule, and when it was due
--   user_id                  who fires it by hand
--   occasion                 of a message: see `receive_webhook`
--   labels, concurrency_key  of a message or after another run: what the new run gets instead of those of the trigger
--   correlation              of a message to a trigger that has a `signal`
--   refused, detail          why the message or the ended run cannot trigger a run
--   of_run_id, of_attempt, depth, first_run_id   after another run: see `fire_ends`
-- The new run gets `p_input`, or without it the input of the trigger; after another run always `p_input`, also when that is null.
-- `p_when_busy` goes before the `when_busy` of the trigger, which goes before that of the policy.
--
-- A trigger that has a `signal` triggers no run: it sends that signal, and what would be the input is its payload. Fired by hand, it has no
-- correlation, and is refused.
--
-- Returns {"outcome", "told": see `make_room`}. Or what `check_inputs` refuses as unchecked: then nothing was recorded, and whoever calls
-- it lets the Worker check the input and fire again.
create or replace function public.fire(
  p_context jsonb, p_trigger_id uuid, p_firing jsonb, p_now timestamptz, p_when_busy text default null, p_input json default null
) returns jsonb
language plpgsql as $$
declare
  v_scheduled_at constant timestamptz := p_firing ->> 'at';
  v_is_after_run constant boolean := p_firing ->> 'cause' = 'run';
  v_tenant_id uuid;
  v_definition_id uuid;
  v_of_definition_id uuid;
  v_user_id uuid;
  v_role text;
  v_name text;
  v_when_busy text;
  v_input json;
  v_labels jsonb;
  v_key text;
  v_priority integer;
  v_signal text;
  v_trigger jsonb;
  v_previous text;
  v_added jsonb;
  v_reason text;
  v_outcome text;
begin
  select t.tenant_id, t.workflow_definition_id, t.of_definition_id, t.user_id, public.role_of(t.tenant_id, t.user_id), t.name,
    coalesce(p_when_busy, t.when_busy), case when v_is_after_run then p_input else coalesce(p_input, t.input) end,
    case when p_firing ? 'labels' then nullif(p_firing -> 'labels', 'null') else t.labels end,
    coalesce(p_firing ->> 'concurrency_key', t.concurrency_key), nullif(t.priority, 0), t.config #>> '{signal,name}'
  into v_tenant_id, v_definition_id, v_of_definition_id, v_user_id, v_role, v_name, v_when_busy, v_input, v_labels, v_key, v_priority,
    v_signal
  from public.triggers t
  where t.id = p_trigger_id;

  -- 1. Does the user still have the rights? And is there something to trigger a run with?
  v_reason := case
    when v_role is null then 'user_deactivated'
    when not public.may_see_definition(v_role, v_tenant_id, v_user_id, v_definition_id) then 'rights'
    else coalesce(
      case when v_is_after_run then
        public.end_obstacle(v_role, v_tenant_id, v_user_id, v_of_definition_id, (p_firing ->> 'depth')::integer,
          (p_firing ->> 'first_run_id')::uuid) end,
      p_firing ->> 'refused')
  end;

  -- 2. Trigger a run, as an invoke of the user would. Or send the signal of the message.
  v_trigger := jsonb_strip_nulls(jsonb_build_object(
    'trigger_id', p_trigger_id, 'trigger_name', v_name, 'firing_id', p_firing -> 'firing_id', 'cause', p_firing -> 'cause',
    'delivery_id', public.delivery_id_of(p_firing ->> 'cause', p_firing ->> 'occasion')));
  if v_reason is null and v_signal is not null then
    v_reason := case
      when not public.may_invoke(v_role, v_tenant_id, v_user_id, v_definition_id) then 'rights'
      when p_firing ->> 'correlation' is null then 'no_correlation'
    end;
    if v_reason is null then
      v_added := public.receive_signal(v_tenant_id, v_user_id, v_definition_id, jsonb_build_object(
        'name', v_signal, 'correlation', p_firing -> 'correlation', 'id', p_firing -> 'firing_id'), v_input, p_now, v_trigger) -> 'answer';
      v_reason := v_added ->> 'refused';
    end if;
  elsif v_reason is null then
    v_previous := (
      select max(f.occasion) from public.trigger_firings f
      where f.trigger_id = p_trigger_id and f.outcome = 'FIRED' and f.occasion < public.wire_instant(v_scheduled_at));
    v_added := (public.add_run(p_context, v_role, v_tenant_id, v_user_id, v_definition_id, (p_firing ->> 'run_id')::uuid,
      v_input, jsonb_strip_nulls(jsonb_build_object('labels', v_labels, 'concurrency_key', v_key, 'priority', v_priority,
        'when_busy', v_when_busy,
        'triggered_by', v_trigger || jsonb_build_object(
          'scheduled_at', public.wire_instant(v_scheduled_at), 'previous_scheduled_at', v_previous,
          'of_run_id', p_firing -> 'of_run_id', 'of_attempt', p_firing -> 'of_attempt', 'depth', p_firing -> 'depth', 'first_run_id', p_firing -> 'first_run_id'))), p_now))[1];
    if v_added ? 'unchecked' then
      return v_added;
    end if;
    v_reason := case when public.lacks_rights(v_added -> 'faults') then 'rights' else v_added ->> 'refused' end;
  end if;

  -- 3. Record what became of it. Since the user may see the definition, `make_room` has named the run in the way.
  v_outcome := case when v_reason is null then 'FIRED' when v_reason = 'busy' then 'SKIPPED' else 'REFUSED' end;
  perform public.record_firing(p_trigger_id, p_firing || jsonb_build_object('outcome', v_outcome) || case v_outcome
    when 'FIRED' then case
      when v_signal is not null then jsonb_build_object('run_id', v_added #> '{result,run_id}', 'detail', jsonb_build_object(
        'signal', v_signal, 'correlation', p_firing -> 'correlation'))
      else '{}'
    end
    when 'SKIPPED' then jsonb_build_object('run_id', v_added -> 'run_id')
    else jsonb_build_object('run_id', null, 'reason', v_reason,
      'detail', case when v_reason = p_firing ->> 'refused' then p_firing -> 'detail' else public.explained_refusal(v_added) end)
  end, p_now);

  -- 4. Without rights it will not fire later either, so it pauses itself.
  if v_reason in ('user_deactivated', 'rights', 'of_rights', 'of_deleted') and exists (
    select from public.triggers t where t.id = p_trigger_id and t.paused_at is null) then
    perform public.pause_locked_trigger(p_trigger_id, case v_reason
      when 'user_deactivated' then 'It has paused itself: the user who changed it last is no longer active. Whoever resumes it takes over.'
      when 'of_rights' then
        'It has paused itself: the user who changed it last may no longer see the workflow after which it fires. Whoever resumes it takes '
        'over.'
      when 'of_deleted' then 'It has paused itself: the workflow after which it fires was deleted.'
      else 'It has paused itself: the user who changed it last lacks the rights to run this workflow. Whoever resumes it takes over.'
    end, p_now);
    perform public.add_trigger_event(p_trigger_id, 'TRIGGER_PAUSED', jsonb_build_object('reason', v_reason), p_now);
  end if;
  return jsonb_build_object('outcome', v_outcome, 'told', coalesce(v_added -> 'told', '{}'));
end $$;

-- Handles due firings whose triggers belong to locked definitions, whose overdue runs were ended, in the order in which the runs ended.
-- `p_due` is [{"due_firing_id", "firing_id", "run_id"}]. Returns {"handled": how many they were, "stopped": see `make_room`,
-- "unchecked": see `check_inputs`}. What is unchecked stays due, and so does what follows from a first run that another transaction has
-- locked.
create or replace function public.fire_ends(p_context jsonb, p_due jsonb, p_definition_ids uuid[], p_now timestamptz) returns jsonb
language plpgsql as $$
declare
  v_due_id bigint;
  v_trigger_id uuid;
  v_firing jsonb;
  v_input json;
  v_is_paused boolean;
  v_handled integer := 0;
  v_fired jsonb;
  v_stopped jsonb := '[]';
  v_unchecked jsonb := '[]';
begin
  for v_due_id, v_trigger_id, v_firing, v_input in
    select f.id, t.id, given.value || jsonb_build_object('cause', 'run', 'due_at', f.due_at, 'of_run_id', f.run_id,
      'of_attempt', f.attempt, 'depth', f.depth, 'first_run_id', f.first_run_id, 'refused', f.reason, 'labels', f.labels), f.input
    from jsonb_array_elements(p_due) given (value)
    join public.due_firings f on f.id = (given.value ->> 'due_firing_id')::bigint
    join public.triggers t on t.id = f.trigger_id
    where t.workflow_definition_id = any (p_definition_ids)
    order by t.workflow_definition_id, f.id
  loop
    -- The firing before it may have paused the trigger.
    v_is_paused := v_firing ->> 'refused' is not distinct from 'paused' or exists (
      select from public.triggers t where t.id = v_trigger_id and t.paused_at is not null);
    if not v_is_paused then
      continue when not public.lock_descendants((v_firing ->> 'first_run_id')::uuid);
      v_fired := public.fire(p_context, v_trigger_id, v_firing, p_now, p_input => v_input);
      v_unchecked := v_unchecked || coalesce(v_fired -> 'unchecked', '[]');
      continue when v_fired ? 'unchecked';
      v_stopped := v_stopped || coalesce(v_fired #> '{told,stopped}', '[]');
    elsif v_firing ->> 'of_run_id' is not null then
      perform public.record_missed(v_trigger_id, v_firing, p_now);
    end if;
    delete from public.due_firings f where f.id = v_due_id;
    v_handled := v_handled + 1;
  end loop;
  -- Those of triggers that were deleted.
  with gone as (
    delete from public.due_firings f
    where f.id in (
      select due.id
      from public.due_firings due
      where due.id in (select (given.value ->> 'due_firing_id')::bigint from jsonb_array_elements(p_due) given (value))
        and due.trigger_id is not null and not exists (select from public.triggers t where t.id = due.trigger_id)
      order by due.id
      for update skip locked)
    returning f.id
  )
  select v_handled + count(*) into v_handled from gone;
  return jsonb_build_object('handled', v_handled, 'stopped', v_stopped, 'unchecked', v_unchecked);
end $$;

-- The instants of a schedule after `p_after_at` that have fired already: a backfill may fire an instant before the schedule has handled it.
create or replace function public.fired_ahead(p_trigger_id uuid, p_after_at timestamptz) returns jsonb
language sql stable as $$
  select coalesce(jsonb_agg(f.occasion order by f.occasion), '[]')
  from public.trigger_firings f
  where f.trigger_id = p_trigger_id and f.outcome = 'FIRED' and f.occasion > public.wire_instant(p_after_at)
$$;

-- What else a refusal of `add_run` says; null when that is nothing. Whoever may see the definition may see the firing, so it has no
-- paths: the definition names the parts by their ids.
create or replace function public.explained_refusal(p_refusal jsonb) returns jsonb
language plpgsql immutable as $$
begin
  return nullif((p_refusal - 'refused' - 'faults') || coalesce((
    select jsonb_build_object('faults', jsonb_agg(fault.value - 'path'))
    from jsonb_array_elements(p_refusal -> 'faults') fault (value)
    having count(*) > 0), '{}'), '{}');
end $$;

-- May this user let a trigger of a definition fire now? They need the rights that their own invoke needs, since the trigger may have more;
-- also while the definition is paused, or has no runner. Returns {}, or {"refused": "path_parts", "faults": see `faults_as_seen`}.
create or replace function public.judge_own_firing(p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid) returns jsonb
language plpgsql stable as $$
declare
  v_faults constant jsonb := (
    select frozen.faults from public.frozen_of(p_role, p_tenant_id, p_user_id, p_definition_id) frozen);
begin
  return case when public.lacks_rights(v_faults) then jsonb_build_object(
    'refused', 'path_parts', 'faults', public.faults_as_seen(p_role, p_tenant_id, p_user_id, v_faults)) else '{}' end;
end $$;
