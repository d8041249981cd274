-- The steps that the verbs on one run have in common, and the changes themselves, which the verbs on one run share with the verb
-- on many.

-- Locks the definition of a run of the caller's tenant, and finds the caller. Returns {"tenant_id", "user_id", "role",
-- "definition_id"}, or {"tenant_id"?, "refused"} where `refused` is one of: unauthenticated, not_found (the tenant has no such run)
create or replace function public.lock_and_judge_run_of_tenant(p_context jsonb, p_run_id uuid) returns jsonb
language plpgsql as $$
declare
  v_definition_id uuid;
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
begin
  select d.id into v_definition_id
  from public.find_caller(p_context -> 'caller') caller
  join public.workflow_runs r on r.tenant_id = caller.tenant_id and r.id = p_run_id
  join public.workflow_definitions d on d.id = r.workflow_definition_id
  for update of d;
  -- Judged after the lock, with the current permissions.
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_context -> 'caller') caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  -- Without the lock, nothing may be changed: the run was not there when the lock was taken, even if it is by now.
  if v_definition_id is null then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'not_found');
  end if;
  return jsonb_build_object(
    'tenant_id', v_tenant_id, 'user_id', v_user_id, 'role', v_role, 'definition_id', v_definition_id);
end $$;

-- The same, and judges the caller: may they see the run, and change it? `refused` can also be: forbidden (the run of another user)
create or replace function public.lock_and_judge_run(p_context jsonb, p_run_id uuid) returns jsonb
language plpgsql as $$
declare
  v_judged constant jsonb := public.lock_and_judge_run_of_tenant(p_context, p_run_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return v_judged || public.judge_run_change(
    v_judged ->> 'role', (v_judged ->> 'tenant_id')::uuid, (v_judged ->> 'user_id')::uuid, p_run_id);
end $$;

-- Locks the definition of a run, which a run token or a dispatch has named, and returns its id; null when there is no such run.
create or replace function public.lock_definition_of_run(p_tenant_id uuid, p_run_id uuid) returns uuid
language plpgsql as $$
begin
  return (
    select d.id
    from public.workflow_definitions d
    where d.id = (select r.workflow_definition_id from public.workflow_runs r where r.id = p_run_id and r.tenant_id = p_tenant_id)
    for update);
end $$;

-- May this user see the run, and change it? Returns {}, or {"refused"} which is one of: not_found, forbidden
create or replace function public.judge_run_change(p_role text, p_tenant_id uuid, p_user_id uuid, p_run_id uuid) returns jsonb
language plpgsql stable as $$
declare
  v_run_user_id uuid;
  v_definition_id uuid;
begin
  select r.user_id, r.workflow_definition_id into v_run_user_id, v_definition_id
  from public.workflow_runs r
  where r.tenant_id = p_tenant_id and r.id = p_run_id
    and r.workflow_definition_id not in (select gone.id from public.deleted_definitions gone);
  return case
    when v_definition_id is null
      or not public.may_see_run(p_role, p_tenant_id, p_user_id, v_run_user_id, v_definition_id) then '{"refused": "not_found"}'
    when not public.may_change_run(p_role, p_user_id, v_run_user_id) then '{"refused": "forbidden"}'
    else '{}'
  end;
end $$;

-- Is this event of `next_status` possible in the state of the run? Call it after overdue runs were ended. Returns {}, or
-- {"refused": "wrong_state", "status"}.
create or replace function public.judge_run_state(p_run_id uuid, p_event text) returns jsonb
language plpgsql stable as $$
begin
  return (
    select case
      when public.next_status(r.status, p_event) is null
        then jsonb_build_object('refused', 'wrong_state', 'status', r.status)
      else '{}'
    end
    from public.workflow_runs r
    where r.id = p_run_id);
end $$;

-- May this user retry the run, whose definition is locked? The user needs the same as for an invoke, except that a source folder
-- may be empty. Returns {}, or {"refused"} which is one of:
--   wrong_state (see `judge_run_state`), definition_not_visible, paused, no_runner, key_in_use (with "run_id"),
--   path_parts (with "faults": [{"field", "id", "path", "fault"}]; the path of a missing part is that in the snapshot)
create or replace function public.judge_retry(p_role text, p_tenant_id uuid, p_user_id uuid, p_run_id uuid) returns jsonb
language plpgsql stable as $$
declare
  v_judged constant jsonb := public.judge_run_state(p_run_id, 'retry');
  v_definition_id uuid;
  v_obstacle text;
  v_snapshot jsonb;
  v_needs_write boolean;
  v_faults jsonb;
  v_other_run_id uuid;
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  select d.id, public.start_obstacle(d.is_active, d.runner_url, d.handover), r.run_snapshot,
    public.needs_write_to_run(p_role, jsonb_array_length(r.run_snapshot -> 'outputs'), d.run_needs)
  into v_definition_id, v_obstacle, v_snapshot, v_needs_write
  from public.workflow_runs r
  join public.workflow_definitions d on d.id = r.workflow_definition_id
  where r.id = p_run_id;
  select jsonb_agg(jsonb_build_object('field', part.field, 'id', part.id, 'fault', part.fault,
      'path', coalesce(part.path, public.snapshot_path(v_snapshot, part.id))) order by part."position")
  into v_faults
  from public.path_parts_of_run(p_role, p_tenant_id, p_user_id,
    public.snapshot_part_ids(v_snapshot -> 'sources'), public.snapshot_part_ids(v_snapshot -> 'instructions'),
    public.snapshot_part_ids(v_snapshot -> 'outputs'), (v_snapshot #>> '{template,path_part_id}')::uuid) part
  -- A source folder that is empty now is no reason to refuse: it had a document when the snapshot was taken.
  where part.fault <> 'empty';
  if v_needs_write then
    v_faults := public.with_write_fault(v_faults, p_role, p_tenant_id, p_user_id, v_definition_id);
  end if;
  select other.id into v_other_run_id
  from public.workflow_runs r
  join public.workflow_runs other on other.workflow_definition_id = r.workflow_definition_id
    and other.idempotency_key = r.idempotency_key and other.user_id = r.user_id
  where r.id = p_run_id and other.id <> r.id and other.status in ('PENDING', 'RUNNING')
  limit 1;
  return case
    when not public.may_see_definition(p_role, p_tenant_id, p_user_id, v_definition_id)
      then '{"refused": "definition_not_visible"}'
    when v_obstacle is not null then jsonb_build_object('refused', v_obstacle)
    when v_faults is not null then jsonb_build_object(
      'refused', 'path_parts', 'faults', public.faults_as_seen(p_role, p_tenant_id, p_user_id, v_faults))
    when v_other_run_id is not null then jsonb_build_object('refused', 'key_in_use', 'run_id', v_other_run_id)
    else '{}'
  end;
end $$;

-- The ids of the parts in one list of a snapshot, in its order.
create or replace function public.snapshot_part_ids(p_parts jsonb) returns uuid[]
language plpgsql immutable as $$
begin
  return array(
    select (part.value ->> 'path_part_id')::uuid
    from jsonb_array_elements(p_parts) with ordinality as part (value, "position")
    order by part."position");
end $$;

-- The path that a part had when the snapshot was taken; null when the snapshot does not name it.
create or replace function public.snapshot_path(p_snapshot jsonb, p_part_id uuid) returns text
language plpgsql immutable as $$
begin
  return (
    select part.value ->> 'materialized_path'
    from jsonb_array_elements(
      (p_snapshot -> 'sources') || (p_snapshot -> 'instructions') || (p_snapshot -> 'outputs') || (p_snapshot -> 'template')
    ) part
    where (part.value ->> 'path_part_id')::uuid = p_part_id
    limit 1);
end $$;

-- Puts a FAILED run, which `judge_retry` lets this user retry, at the end of its definition's queue.
create or replace function public.retry_judged_run(p_user_id uuid, p_run_id uuid, p_definition_id uuid, p_now timestamptz)
returns void
language plpgsql as $$
declare
  v_must_wait constant boolean := (
    select public.queue_obstacle(p_definition_id, r.concurrency_key, p_now, r.priority) is not null
    from public.workflow_runs r where r.id = p_run_id);
begin
  -- It locks the run, before what belongs to it.
  perform public.put_back(array[p_run_id], p_now, 'retry', jsonb_build_object('user_id', p_user_id));
  perform public.forget_open_waits(p_run_id, p_now);
  perform public.free_failed_children(p_run_id);
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at)
  select r.tenant_id, r.id, r.attempt, 'QUEUED', p_now
  from public.workflow_runs r
  where r.id = p_run_id and v_must_wait;
end $$;

-- Stops a PENDING or RUNNING run, whose row is locked. With `p_grace_seconds`, its runner gets that many seconds to end its work.
-- Without, or when no runner could learn of the stop, the run fails at once. Returns {"stopped", "changed": see `changed_run`}; "stopped" are
-- the messages to runners: one when the run has failed and was sent to a URL, otherwise none: [{"run_id", "attempt",
-- "workflow_definition_id", "runner_url", "webhook_secret_encrypted", "stopped_at", "reason"}].
create or replace function public.stop_judged_run(
  p_context jsonb, p_user_id uuid, p_run_id uuid, p_reason text, p_grace_seconds integer, p_now timestamptz
) returns jsonb
language plpgsql as $$
declare
  v_has_webhook boolean;
  v_has_lease boolean;
  v_ends_at timestamptz;
  v_ended_before timestamptz;
  v_reason text;
  v_stopped jsonb;
  v_changed jsonb := '[]';
begin
  -- 1. How can the runner learn of the stop, and how much time does it get?
  select
    r.status = 'RUNNING' and d.runner_url is not null and a.lease_request_id is null
      and (r.dispatch_count > 0 or r.dispatched_at is not null),
    r.status = 'RUNNING' and a.lease_expires_at is not null,
    least(p_now + make_interval(secs => p_grace_seconds), a.stop_ends_at, r.deadline_at), a.stop_ends_at,
    coalesce(p_reason, a.stop_reason),
    jsonb_build_object('run_id', r.id, 'attempt', r.attempt, 'workflow_definition_id', d.id,
      'runner_url', d.runner_url, 'webhook_secret_encrypted', d.webhook_secret_encrypted,
      'stopped_at', public.wire_instant(p_now), 'reason', p_reason)
  into v_has_webhook, v_has_lease, v_ends_at, v_ended_before, v_reason, v_stopped
  from public.workflow_runs r
  join public.workflow_definitions d on d.id = r.workflow_definition_id
  left join public.running_attempts a on a.run_id = r.id
  where r.id = p_run_id;

  -- 2. Fail the run at once.
  if p_grace_seconds = 0 or not (v_has_webhook or v_has_lease) then
    v_changed := public.end_attempts(array[p_run_id], p_now, 'stop', 'STOP', 'STOPPED', public.stopped_error(v_reason), 'STOPPED',
      jsonb_build_object('reason', v_reason, 'user_id', p_user_id));
    return jsonb_build_object('changed', v_changed, 'stopped', case when v_has_webhook then jsonb_build_array(v_stopped) else '[]' end);
  end if;

  -- 3. Or ask its runner to stop. A second stop can only shorten the time.
  if v_ends_at is distinct from v_ended_before then
    insert into public.running_attempts as a (run_id, tenant_id, attempt, stop_requested_at, stop_ends_at, stop_user_id,
      stop_reason, next_stop_dispatch_at, stop_dispatch_count)
    select r.id, r.tenant_id, r.attempt, p_now, v_ends_at, p_user_id, v_reason,
      case when v_has_webhook then public.claimed_until(p_context, p_now) end,
      case when v_has_webhook and (p_context ->> 'sends')::boolean then 1 else 0 end
    from public.workflow_runs r
    where r.id = p_run_id
    on conflict (run_id) do update
    set stop_requested_at = coalesce(a.stop_requested_at, excluded.stop_requested_at),
      stop_user_id = excluded.stop_user_id, stop_reason = excluded.stop_reason,
      stop_ends_at = excluded.stop_ends_at, next_stop_dispatch_at = excluded.next_stop_dispatch_at,
      stop_dispatch_count = excluded.stop_dispatch_count;
    -- Its dispatch is not retried: the run will have ended before that.
    update public.workflow_runs r
    set next_dispatch_at = v_ends_at
    where r.id = p_run_id and r.next_dispatch_at is not null;
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select a.tenant_id, a.run_id, a.attempt, 'STOP_REQUESTED', p_now, jsonb_build_object(
      'reason', v_reason, 'user_id', p_user_id, 'ends_at', public.wire_instant(a.stop_ends_at))
    from public.running_attempts a
    where a.run_id = p_run_id;
    v_changed := (
      select jsonb_build_array(public.changed_run(run.tenant_id, run.id, run.workflow_definition_id, false,
          least(run.ends_at, run.next_dispatch_at, case when not claim.is_sent then run.next_stop_at end))
        || jsonb_build_object('stop_is_sent', claim.is_sent))
      from public.run_with_due(p_run_id) run
      cross join (select v_has_webhook and coalesce((p_context ->> 'sends')::boolean, false) as is_sent) claim);
  end if;
  return jsonb_build_object('changed', v_changed, 'stopped', '[]'::jsonb);
end $$;

-- Does a message of an attempt's runner still count? It does when the attempt is the run's current one, and is RUNNING. `p_status` and
-- `p_current` are those of the run, read after the definition was locked and overdue runs were ended. Returns {}, or {"refused"} which is one
-- of: not_found, other_attempt (with "attempt"), ended (with "status")
create or replace function public.judge_message(p_status text, p_current integer, p_attempt integer) returns jsonb
language sql stable as $$
  select case
    when p_current is null then '{"refused": "not_found"}'
    when p_current <> p_attempt then jsonb_build_object('refused', 'other_attempt', 'attempt', p_current)
    when p_status <> 'RUNNING' then jsonb_build_object('refused', 'ended', 'status', p_status)
    else '{}'
  end
$$;

-- The same for a run that the caller has not read.
create or replace function public.judge_attempt(p_run_id uuid, p_attempt integer) returns jsonb
language plpgsql stable as $$
declare
  v_status text;
  v_attempt integer;
begin
  select r.status, r.attempt into v_status, v_attempt from public.workflow_runs r where r.id = p_run_id;
  return public.judge_message(v_status, v_attempt, p_attempt);
end $$;

-- Deletes a run that `judge_run_state` lets be deleted, whose definition is locked. The trigger `workflow_runs_delete_events` deletes
-- its events. When nothing else of its batch is unfinished, that has ended.
create or replace function public.delete_judged_run(p_run_id uuid, p_now timestamptz) returns void
language plpgsql as $$
declare
  v_batch_id constant uuid := (select r.batch_id from public.workflow_runs r where r.id = p_run_id);
begin
  if v_batch_id is not null then
    perform public.end_batches(array[v_batch_id], p_now, p_run_id);
  end if;
  delete from public.workflow_runs r where r.id = p_run_id;
end $$;
