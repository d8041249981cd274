-- Triggers that fire after another run. The transaction that ends a run for good inserts a due firing for each of them (`note_ends`), and
-- `fire_due` handles it later, under the lock of the trigger's definition. What the new run gets is frozen with the due firing, so it does
-- not matter what becomes of the run that has ended.
--
-- Whoever ends a run holds the lock of its definition. It reads triggers of other definitions and inserts rows, but locks nothing else,
-- so it never waits for a transaction that may be waiting for it.

-- Inserts the due firings for runs that have ended just now: those that are still COMPLETED or FAILED after the retries of their policies.
create or replace function public.note_ends(p_run_ids uuid[], p_definition_ids uuid[], p_now timestamptz) returns void
language plpgsql as $$
declare
  -- As for the input of an invoke.
  c_max_input_bytes constant integer := 32768;
begin
  insert into public.due_firings (tenant_id, trigger_id, due_at, run_id, attempt, depth, first_run_id, reason, input, labels)
  select fired.tenant_id, fired.trigger_id, p_now, fired.run_id, fired.attempt, fired.depth, fired.first_run_id,
    case
      when fired.is_paused then 'paused'
      when octet_length(fired.input::text) > c_max_input_bytes then 'input_too_large'
    end,
    case when octet_length(fired.input::text) <= c_max_input_bytes then fired.input end,
    public.labels_passed_on(fired.labels, fired.run_id)
  from (
    select t.tenant_id, t.id as trigger_id, r.id as run_id, r.attempt, r.completed_at, t.labels, t.paused_at is not null as is_paused,
      coalesce((r.triggered_by ->> 'depth')::integer, 0) + 1 as depth,
      coalesce((r.triggered_by ->> 'first_run_id')::uuid, r.id) as first_run_id,
      case t.config ->> 'input_from'
        when 'output' then case when json_typeof(r.output) = 'object' then r.output end
        when 'run' then json_build_object('id', r.id, 'status', r.status, 'output', r.output, 'error', r.error)
        else t.input
      end as input
    from public.triggers t
    join public.workflow_runs r on r.workflow_definition_id = t.of_definition_id and r.tenant_id = t.tenant_id
    where t.of_definition_id = any (p_definition_ids) and r.id = any (p_run_ids)
      and case t.config ->> 'on' when 'ended' then r.status in ('COMPLETED', 'FAILED') else r.status = upper(t.config ->> 'on') end
  ) fired
  order by fired.completed_at, fired.run_id, fired.trigger_id;
end $$;

-- The labels of a run that a trigger with `p_labels` fires after a run: those of the trigger, and those of the run. When both have a key,
-- the trigger's counts. When they are too many, the last ones in the order of their keys are left out. Null for none.
create or replace function public.labels_passed_on(p_labels jsonb, p_run_id uuid) returns jsonb
language plpgsql stable as $$
declare
  c_max_labels constant integer := 10;
begin
  return (
    select jsonb_object_agg(kept.key, kept.value)
    from (
      select label.key, label.value
      from (
        select own.key, own.value, 1 as place from jsonb_each_text(p_labels) own
        union all
        select passed.key, passed.value, 2 from jsonb_each_text(public.labels_of(p_run_id)) passed
        where p_labels is null or not p_labels ? passed.key
      ) label
      order by label.place, label.key
      limit c_max_labels
    ) kept);
end $$;

-- Makes the triggers due that fire after the runs of a definition that is being deleted. They are refused, and pause themselves.
create or replace function public.note_deleted_definition(p_definition_id uuid, p_now timestamptz) returns void
language plpgsql as $$
begin
  insert into public.due_firings (tenant_id, trigger_id, due_at, depth)
  select t.tenant_id, t.id, p_now, 0 from public.triggers t where t.of_definition_id = p_definition_id;
end $$;

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

-- True when a definition exists in a tenant, and this user of it may see it.
create or replace function public.sees_definition_of(p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid)
returns boolean
language plpgsql stable as $$
begin
  return exists (select from public.workflow_definitions d where d.tenant_id = p_tenant_id and d.id = p_definition_id)
    and public.may_see_definition(p_role, p_tenant_id, p_user_id, p_definition_id);
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
    when c_max_descendants <= (
      select count(*)
      from (
        select from public.workflow_runs r
        where r.triggered_by ->> 'first_run_id' = p_first_run_id::text and r.tenant_id = p_tenant_id
        limit c_max_descendants
      ) descendant) then 'descendants'
  end;
end $$;

-- Locks what has followed from a run until the transaction ends, so that two transactions do not count it at the same time. False when
-- another transaction holds the lock: nobody waits for it, since whoever calls this holds the locks of definitions.
create or replace function public.lock_descendants(p_first_run_id uuid) returns boolean
language plpgsql as $$
begin
  return p_first_run_id is null or pg_try_advisory_xact_lock(hashtextextended('runs after ' || p_first_run_id, 0));
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
        and not exists (select from public.triggers t where t.id = due.trigger_id)
      order by due.id
      for update skip locked)
    returning f.id
  )
  select v_handled + count(*) into v_handled from gone;
  return jsonb_build_object('handled', v_handled, 'stopped', v_stopped, 'unchecked', v_unchecked);
end $$;
