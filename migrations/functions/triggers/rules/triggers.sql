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
      'priority', t.priority, 'when_busy', t.when_busy, 'is_active', t.paused_at is null, 'next_at', public.wire_instant(t.next_at),
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

-- True for a schedule that the Worker could not compute when it was due, for example since its time zone does not exist any more: it has no
-- next instant, and is due later (see `postpone` in the Worker).
create or replace function public.is_postponed(p_next_at timestamptz, p_due_at timestamptz) returns boolean
language sql stable as $$
  select p_next_at is null and p_due_at > statement_timestamp()
$$;

-- True for a paused trigger that no person has paused: it has paused itself, since its user lacks rights.
create or replace function public.has_paused_itself(p_paused_at timestamptz, p_paused_by_user_id uuid) returns boolean
language sql immutable as $$
  select p_paused_at is not null and p_paused_by_user_id is null
$$;

-- The triggers of a tenant that ought to fire and do not: those that have paused themselves, those that are overdue, and those whose
-- schedules cannot be computed. `since` is when they paused, when they were due, or the last instant that was handled. A trigger may be
-- returned twice. Up to 200 of each, the longest silent first.
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
    select t.id, t.after_at
    from public.triggers t
    where t.tenant_id = p_tenant_id and public.is_postponed(t.next_at, t.due_at)
    order by t.after_at
    limit 200
  )
  union all
  (
    select f.trigger_id, min(f.due_at)
    from public.due_firings f
    where f.tenant_id = p_tenant_id and f.trigger_id is not null and public.is_overdue_firing(f.due_at)
    group by f.trigger_id
    order by min(f.due_at)
    limit 200
  )
$$;

-- May this user have a trigger of a definition with this content? It is only a question for triggers that fire after another run. Returns
-- {}, or {"refused"} which is one of: of_itself, of_not_found (no such definition that the user may see), of_too_many (20 other triggers
-- than `p_trigger_id` fire after its runs)
--
-- The last allowed one may be created by two requests at once, which hold the locks of two definitions. So they lock the number of its
-- triggers, too. Nobody waits for anything else while holding that lock, so nobody waits for each other.
create or replace function public.judge_of_definition(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid, p_kind text, p_config jsonb, p_trigger_id uuid default null
) returns jsonb
language plpgsql as $$
declare
  -- Each end of a run is one occasion for each of them.
  c_max_triggers constant integer := 20;
  v_of_id constant uuid := case when p_kind = 'run' then p_config ->> 'of' end;
begin
  if v_of_id is null then
    return '{}';
  elsif v_of_id = p_definition_id then
    return '{"refused": "of_itself"}';
  elsif not public.sees_definition_of(p_role, p_tenant_id, p_user_id, v_of_id) then
    return '{"refused": "of_not_found"}';
  elsif exists (select from public.triggers t where t.id = p_trigger_id and t.of_definition_id = v_of_id) then
    return '{}';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('triggers after ' || v_of_id, 0));
  return case when (
    select count(*) from public.triggers t where t.of_definition_id = v_of_id and t.tenant_id = p_tenant_id) >= c_max_triggers
    then '{"refused": "of_too_many"}' else '{}' end;
end $$;

-- Why a trigger whose user is known and active does not fire after a run of this definition: of_deleted, of_rights (the user may no longer
-- see that definition), depth (`p_depth` runs have triggered each other) or descendants (so many runs have followed from the first one). Null
-- when none of this is in the way.
create or replace function public.end_obstacle(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_of_definition_id uuid, p_depth integer, p_first_run_id uuid default null
) returns text
language plpgsql stable as $$
declare
  -- How many runs a chain of triggers has after its first one. Without a limit, two workflows that start each other would never end.
  c_max_depth constant integer := 10;
  -- How many runs may follow from one. Without a limit, several triggers after each run would multiply them at each step.
  c_max_descendants constant integer := 1000;
begin
  return case
    when not exists (select from public.workflow_definitions d where d.id = p_of_definition_id) then 'of_deleted'
    when not public.may_see_definition(p_role, p_tenant_id, p_user_id, p_of_definition_id) then 'of_rights'
    when p_depth > c_max_depth then 'depth'
    -- The index is built after the functions were updated. Until then, only the depth is limited: to count would be to read all runs.
    when not exists (
      select from pg_index i where i.indexrelid = to_regclass('public.workflow_runs_first_run_index') and i.indisvalid) then null
    when c_max_descendants <= (
      select count(*)
      from (
        select from public.workflow_runs r
        where r.triggered_by ->> 'first_run_id' = p_first_run_id::text and r.tenant_id = p_tenant_id
        limit c_max_descendants
      ) descendant) then 'descendants'
  end;
end $$;

-- Notes that a definition is being deleted, for the sweep, which deletes what belongs to it: see `finish_deletions`. It also makes the
-- triggers due that fire after its runs. They are refused, and pause themselves.
create or replace function public.note_deleted_definition(p_tenant_id uuid, p_definition_id uuid, p_now timestamptz) returns void
language plpgsql as $$
begin
  insert into public.deleted_definitions (id, tenant_id, deleted_at) values (p_definition_id, p_tenant_id, p_now);
  insert into public.deleted_triggers (id, tenant_id, deleted_at)
  select t.id, t.tenant_id, p_now from public.triggers t where t.workflow_definition_id = p_definition_id;
  insert into public.due_firings (tenant_id, trigger_id, due_at, depth)
  select t.tenant_id, t.id, p_now, 0 from public.triggers t where t.of_definition_id = p_definition_id;
end $$;
