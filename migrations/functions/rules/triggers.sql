-- Triggers: who may see and change them, when they are due, and how the API shows them. What happens when one fires is in
-- `firings.sql`.
--
-- Each verb on a trigger, and whatever fires it, locks the trigger's definition first. So a trigger is changed by one transaction at a
-- time, and its row needs no lock of its own.
--
-- The Worker computes instants, since only it knows the rules of time zones. The database compares them with its clock and sets them.
-- `version` makes sure that what was computed for an earlier state of the trigger is not carried out.

-- Locks the definition of a trigger of the caller's tenant, and judges the caller: may they change the definition? Returns {"tenant_id",
-- "user_id", "role", "definition_id"}, or {"tenant_id"?, "refused"} where `refused` is one of: unauthenticated, not_found (no such
-- trigger that the caller may see), forbidden (no write on the definition)
create or replace function public.lock_and_judge_trigger(p_context jsonb, p_trigger_id uuid) returns jsonb
language plpgsql as $$
declare
  v_definition_id constant uuid := (
    select t.workflow_definition_id
    from public.find_caller(p_context -> 'caller') caller
    join public.triggers t on t.tenant_id = caller.tenant_id and t.id = p_trigger_id);
  v_judged constant jsonb := public.lock_and_judge_definition_change(p_context, v_definition_id);
begin
  -- It may have been deleted before the lock.
  if not v_judged ? 'refused' and not exists (select from public.triggers t where t.id = p_trigger_id) then
    return v_judged || '{"refused": "not_found"}';
  end if;
  return v_judged || jsonb_build_object('definition_id', v_definition_id);
end $$;

-- May the caller see this trigger, that is, its definition? Returns {"tenant_id", "user_id", "role"}, or {"tenant_id"?, "refused"}
-- where `refused` is one of: unauthenticated, not_found
create or replace function public.judge_trigger_read(p_credential jsonb, p_trigger_id uuid) returns jsonb
language plpgsql stable as $$
declare
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_definition_id uuid;
begin
  select caller.tenant_id, caller.user_id, caller.role, t.workflow_definition_id
  into v_tenant_id, v_user_id, v_role, v_definition_id
  from public.find_caller(p_credential) caller
  left join public.triggers t on t.tenant_id = caller.tenant_id and t.id = p_trigger_id;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  if v_definition_id is null or not public.may_see_definition(v_role, v_tenant_id, v_user_id, v_definition_id) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'not_found');
  end if;
  return jsonb_build_object('tenant_id', v_tenant_id, 'user_id', v_user_id, 'role', v_role);
end $$;

-- True for the plan of a schedule whose only instant has passed: see `plan_trigger`.
create or replace function public.plan_is_past(p_content jsonb, p_plan jsonb, p_now timestamptz) returns boolean
language plpgsql stable as $$
begin
  return p_content #>> '{config,at}' is not null and not exists (
    select from jsonb_array_elements(p_plan -> 'instants') planned (value) where (planned.value ->> 'at')::timestamptz > p_now);
end $$;

-- Plans a trigger after a change, from now on. `p_plan` is {"from", "instants": [{"at", "due_at"}], "is_complete"}: the first instants
-- after `from`, by the Worker's clock, in order, and whether there are no more. When the next instant is not among them, since the two
-- clocks differ by minutes, the trigger is due at once, and `fire_due` plans it.
create or replace function public.plan_trigger(p_trigger_id uuid, p_plan jsonb, p_now timestamptz) returns void
language plpgsql as $$
declare
  v_next_at timestamptz;
  v_due_at timestamptz;
begin
  select (planned.value ->> 'at')::timestamptz, (planned.value ->> 'due_at')::timestamptz into v_next_at, v_due_at
  from jsonb_array_elements(p_plan -> 'instants') with ordinality planned (value, place)
  where (planned.value ->> 'at')::timestamptz > p_now
  order by planned.place
  limit 1;
  if p_now < (p_plan ->> 'from')::timestamptz or v_next_at is null and not (p_plan ->> 'is_complete')::boolean then
    v_next_at := null;
    v_due_at := p_now;
  end if;
  update public.triggers t
  set version = t.version + 1, after_at = p_now, missed_until = null, catches_up = false,
    next_at = case when t.paused_at is null then v_next_at end, due_at = case when t.paused_at is null then v_due_at end
  where t.id = p_trigger_id;
end $$;

-- Pauses a trigger whose definition is locked. Without a user, it pauses itself. The instants of a schedule are recorded as missed when it
-- is resumed.
create or replace function public.pause_locked_trigger(
  p_trigger_id uuid, p_note text, p_now timestamptz, p_user_id uuid default null
) returns void
language plpgsql as $$
begin
  update public.triggers t
  set paused_at = p_now, pause_note = p_note, paused_by_user_id = p_user_id, next_at = null, due_at = null, version = t.version + 1,
    updated_at = p_now
  where t.id = p_trigger_id and t.paused_at is null;
end $$;

-- Resumes a trigger whose definition is locked. A schedule is due at once: `fire_due` records what was missed, and plans it. With
-- `p_catches_up`, the last instant that was missed fires, unless it is too old.
create or replace function public.resume_locked_trigger(p_trigger_id uuid, p_catches_up boolean, p_now timestamptz) returns void
language plpgsql as $$
begin
  update public.triggers t
  set paused_at = null, pause_note = null, paused_by_user_id = null, version = t.version + 1, updated_at = p_now,
    catches_up = p_catches_up and t.kind = 'schedule', missed_until = case t.kind when 'schedule' then p_now end,
    due_at = case t.kind when 'schedule' then p_now end
  where t.id = p_trigger_id and t.paused_at is not null;
end $$;

-- What a verb on a trigger tells `answer_of`.
create or replace function public.told_of_trigger(p_definition_id uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object('others', true, 'fires', true, 'definition_ids', jsonb_build_array(p_definition_id))
$$;

-- A trigger as the API shows it. `input` is JSON as text, since `jsonb` would change how its numbers are written.
create or replace function public.trigger_response(p_trigger_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object(
      'id', t.id, 'workflow_definition_id', t.workflow_definition_id, 'user_id', t.user_id, 'name', t.name, 'kind', t.kind,
      'schedule', case t.kind when 'schedule' then t.config end,
      'webhook', case t.kind when 'webhook' then t.config || jsonb_build_object('old_secret_until', public.wire_instant(
        case when t.previous_secret_until > statement_timestamp() then t.previous_secret_until end)) end,
      'run', case t.kind when 'run' then t.config end,
      'input', t.input::text, 'labels', coalesce(t.labels, '{}'), 'concurrency_key', t.concurrency_key,
      'when_busy', t.when_busy, 'is_active', t.paused_at is null, 'next_at', public.wire_instant(t.next_at),
      'paused_at', public.wire_instant(t.paused_at), 'pause_note', t.pause_note,
      'paused_by', (
        select jsonb_build_object('user_id', u.id, 'name', public.display_name(u.first_name, u.last_name, u.email, u.id))
        from public.users u
        where u.tenant_id = t.tenant_id and u.id = t.paused_by_user_id),
      'created_at', public.wire_instant(t.created_at), 'updated_at', public.wire_instant(t.updated_at))
    from public.triggers t
    where t.id = p_trigger_id);
end $$;

-- True for a trigger, or a due firing, that should have fired more than two minutes ago. The cron fires within one.
create or replace function public.is_overdue_firing(p_due_at timestamptz) returns boolean
language sql stable as $$
  select p_due_at < statement_timestamp() - interval '2 minutes'
$$;

-- True for a paused trigger that no person has paused: it has paused itself, since its user lacks rights.
create or replace function public.has_paused_itself(p_paused_at timestamptz, p_paused_by_user_id uuid) returns boolean
language sql immutable as $$
  select p_paused_at is not null and p_paused_by_user_id is null
$$;

-- The triggers of a tenant that ought to fire and do not: those that have paused themselves, and those that are overdue. `since` is when
-- they paused, or were due. A trigger may be returned twice. Up to 200 of each, the longest silent first.
create or replace function public.silent_triggers(p_tenant_id uuid) returns table (id uuid, since timestamptz)
language sql stable as $$
  (
    select t.id, t.paused_at
    from public.triggers t
    where t.tenant_id = p_tenant_id and public.has_paused_itself(t.paused_at, t.paused_by_user_id)
    order by t.paused_at
    limit 200
  )
  union all
  (
    select t.id, t.due_at
    from public.triggers t
    where t.tenant_id = p_tenant_id and public.is_overdue_firing(t.due_at)
    order by t.due_at
    limit 200
  )
  union all
  (
    select f.trigger_id, min(f.due_at)
    from public.due_firings f
    where f.tenant_id = p_tenant_id and public.is_overdue_firing(f.due_at)
    group by f.trigger_id
    order by min(f.due_at)
    limit 200
  )
$$;
