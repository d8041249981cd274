-- What an invoke does when its definition is busy (`when_busy` of the policy), and how many runs may wait (`max_queued`). Both are about
-- new runs only: a run that is retried, by a person or by the policy, always queues.

-- Makes room for a new run of a locked definition, after `frozen_for_runs` and before the insertion, or refuses it. `p_when_busy`, which
-- a trigger may have, goes before the `when_busy` of the policy. When it refuses, it has changed nothing. It is not called for a run that
-- always queues, however many wait.
--
-- It looks at the run's group. With `max_running_per_key`, these are the runs with its concurrency key, or those without a key;
-- otherwise, all runs of the definition. The group is busy when as many of its runs are unfinished as may be RUNNING. When it is not,
-- only other keys are in the way, and the run queues. Otherwise:
--   queue            it queues
--   skip             it is refused
--   replace_queued   the group's PENDING runs fail as SUPERSEDED, whatever their priorities: see `supersede.sql`
--   replace_running  so do they, and its RUNNING runs are asked to stop (`stop_judged_run`), with `replace_grace_seconds`. The policy has
--                    it only where a group has one slot (see `has_one_slot_for_each_group`), so the new run never starts before the
--                    old one has ended. Suspended runs of the group fail as SUPERSEDED at once, also when it is not busy.
--
-- Returns {"has_room"?, "changed"?, "told"?}; has_room: the tenant may have one more run that waits; changed: the runs that it has changed
-- (see `changed_run`); told: what the verb passes to `answer_with`. Or {"refused"} which is one of:
--   busy        with "limit", "key" (null for a run without one, and without `max_running_per_key`), and "run_id", the run of the group
--               that is in the way: the first RUNNING one to end, or else the next one. Without it when the user may not see the run.
--   queue_full  see `judge_queue`
--   cap_reached  see `judge_cap`
--   several_slots  `p_when_busy` is replace_running, and a group may have several slots
create or replace function public.make_room(
  p_context jsonb, p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid, p_frozen jsonb, p_run_id uuid, p_input json,
  p_concurrency_key text, p_now timestamptz, p_when_busy text default null, p_priority integer default 0
) returns jsonb
language plpgsql as $$
declare
  v_when_busy constant text := coalesce(p_when_busy, p_frozen ->> 'when_busy');
  v_max_queued constant integer := p_frozen ->> 'max_queued';
  v_key text;
  v_group text;
  v_limit integer;
  v_grace_seconds integer;
  v_is_busy boolean := false;
  v_waits boolean;
  v_replaces boolean := false;
  v_waiting_ids uuid[] := '{}';
  v_running_ids uuid[] := '{}';
  v_run_id uuid;
  v_judged jsonb;
  v_stopped jsonb := '[]';
  v_changed jsonb := '[]';
  v_told jsonb := '{}';
begin
  -- 1. A run without the key that it needs is refused by `add_run`.
  v_key := public.key_of_run(p_frozen ->> 'key_from', p_input, p_concurrency_key);
  if v_key is null then
    return '{}';
  end if;
  if p_when_busy = 'replace_running' and not public.has_one_slot_for_each_group(p_definition_id) then
    return '{"refused": "several_slots"}';
  end if;

  -- 2. Is the run's group busy?
  if v_when_busy <> 'queue' then
    select case when d.max_running_per_key is not null then v_key end,
      case when v_key = '' then d.max_running else coalesce(d.max_running_per_key, d.max_running) end, d.replace_grace_seconds
    into v_group, v_limit, v_grace_seconds
    from public.workflow_definitions d
    where d.id = p_definition_id;
    v_is_busy := v_limit <= (
      select count(*) from (select from public.competing_runs(p_definition_id, p_now, v_group) limit v_limit) competing);
  end if;
  if v_is_busy and v_when_busy = 'skip' then
    v_run_id := coalesce(
      (
        select run.id
        from public.running_runs(p_definition_id) run
        where (v_group is null or run.concurrency_key = v_group)
          and public.may_see_run(p_role, p_tenant_id, p_user_id, run.user_id, p_definition_id)
        order by run.ends_at
        limit 1
      ), (
        select competing.id
        from public.competing_runs(p_definition_id, p_now, v_group) competing
        where competing.status = 'PENDING'
          and public.may_see_run(p_role, p_tenant_id, p_user_id, competing.user_id, p_definition_id)
        order by competing.queue_position
        limit 1
      ));
    return jsonb_build_object('refused', 'busy', 'limit', v_limit, 'key', nullif(v_group, ''))
      || case when v_run_id is not null then jsonb_build_object('run_id', v_run_id) else '{}' end;
  end if;

  -- 3. If the run has to wait, may it?
  if v_is_busy then
    v_waiting_ids := array(
      select competing.id
      from public.competing_runs(p_definition_id, p_now, v_group) competing
      where competing.status = 'PENDING'
      limit public.most_superseded() + 1);
  end if;
  if v_max_queued is not null or v_when_busy = 'replace_running' then
    v_waits := not ((p_frozen ->> 'starts_runs')::boolean
      and public.queue_obstacle(p_definition_id, v_key, p_now, p_priority) is null);
    v_replaces := v_waits and v_when_busy = 'replace_running';
  end if;
  if v_max_queued is not null and v_waits then
    v_judged := public.judge_queue(p_definition_id, v_max_queued, 1 - cardinality(v_waiting_ids), p_now);
    if v_judged ? 'refused' then
      return v_judged;
    end if;
  end if;
  -- It must be known before anything is changed. One that takes the place of another makes no more wait than before.
  if (v_is_busy or v_replaces) and cardinality(v_waiting_ids) = 0 then
    v_judged := public.judge_cap(p_tenant_id, 'waiting_runs', 1);
    if v_judged ? 'refused' then
      return v_judged;
    end if;
  end if;

  -- 4. Take the place of those that wait. A run in a back-off has no message to send either, since no runner holds it.
  if cardinality(v_waiting_ids) > 0 then
    v_changed := public.supersede_group(p_tenant_id, p_user_id, p_definition_id, v_group, p_run_id, v_waiting_ids, p_now);
    if cardinality(v_waiting_ids) > public.most_superseded() then
      v_told := '{"is_due": true}';
    end if;
  end if;
  -- A suspended run is in nobody's way, but with replace_running, a newer run takes its place, too.
  if v_when_busy = 'replace_running' then
    v_waiting_ids := array(
      select suspended.id from public.suspended_runs(p_definition_id, p_now, v_group) suspended limit public.most_superseded());
    if cardinality(v_waiting_ids) > 0 then
      v_changed := v_changed || public.end_superseded(v_waiting_ids, p_run_id, p_user_id, p_now);
    end if;
  end if;

  -- 5. Ask what is RUNNING to stop. Its row is locked first, as in `stop_run`, since a Worker may just record its dispatch. An earlier
  --    stop is never prolonged: see `stop_judged_run`.
  if v_is_busy and v_when_busy = 'replace_running' then
    v_running_ids := array(
      select held.run_id from public.held_slots(p_definition_id) held
      where v_group is null or held.concurrency_key = v_group);
    perform r.id from public.workflow_runs r where r.id = any (v_running_ids) order by r.id for update;
    foreach v_run_id in array v_running_ids loop
      v_judged := public.stop_judged_run(
        p_context, p_user_id, v_run_id, 'superseded by run ' || p_run_id || '.', v_grace_seconds, p_now);
      v_stopped := v_stopped || (v_judged -> 'stopped');
      v_changed := v_changed || (v_judged -> 'changed');
    end loop;
  end if;
  if v_stopped <> '[]' then
    v_told := v_told || jsonb_build_object('stopped', v_stopped);
  end if;
  return case when v_is_busy or v_replaces then '{"has_room": true}' else '{}' end::jsonb
    || case when v_changed = '[]' then '{}' else jsonb_build_object('changed', v_changed) end
    || case when v_told = '{}' then '{}' else jsonb_build_object('told', v_told) end;
end $$;
