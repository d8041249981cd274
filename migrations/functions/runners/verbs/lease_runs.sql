-- Leases PENDING runs to the session of a runner, of all definitions that the key, the session, its tags and the policies allow. First it
-- takes the next run of each definition, beginning with those whose queues have waited longest (`lock_definitions_to_lease`); then again,
-- of the definitions that have further free slots. The leased runs become RUNNING, and their deadlines begin.
--
-- Guarantees:
-- - No run is leased to two runners, and a session never holds more runs than its capacity.
-- - Idempotent: a repeated `p_request_id` gets the same leases, as long as one of them is still held. The repetition shows that
--   the runner is alive, so it extends their leases like a heartbeat does.
--
-- Closes the race between two leases: see `lock_definitions_to_lease`. Those of the same session take turns, by the lock of its row.
-- It reads the clock twice. `v_asked_at`, once it is its turn, is for what the session holds. `v_now`, after the last lock, is for the
-- judgement of the session and for everything that is then changed.
-- Closes the race with an invoke, a stop, or any verb that ends a run in a slot: all of them hold the definition's lock.
--
-- It sets `random_page_cost`, for its own statements and those of the functions that it calls. With the default of 4 and only a few
-- hundred definitions, Postgres would read their whole table to find one. With 1 it uses the index. `trigger_run` and `record_result`,
-- which are called as often, set it, too.
--
-- Answers {"result": {"leases": see `leased_run`, "is_full": true when the session holds as many runs as its capacity}}, or "refused":
-- unauthenticated (the session has expired or was closed, or its key or its user is no longer valid)
create or replace function public.lease_runs(p_context jsonb, p_request_id uuid, p_max integer) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan set random_page_cost = 1 as $$
declare
  v_session_id constant uuid := p_context #>> '{session,session_id}';
  v_tenant_id constant uuid := p_context #>> '{session,tenant_id}';
  v_asked_at timestamptz;
  v_now timestamptz;
  v_name text;
  v_api_key_id uuid;
  v_last_seen_at timestamptz;
  v_capacity integer;
  v_session_ids uuid[];
  v_key_ids uuid[];
  v_tags text[];
  v_held integer;
  v_known_run_ids uuid[];
  v_definition_ids uuid[];
  v_webhook_ids uuid[];
  v_open_ids uuid[];
  v_next_ids uuid[];
  v_slot_nos bigint[];
  v_lease_times integer[];
  v_left integer;
  v_is_over boolean;
  v_is_due boolean;
  v_takes_turns boolean;
  v_run_id uuid;
  v_attempt integer;
  v_lease_seconds integer;
  -- With the precision of the column.
  v_expires_at timestamptz(3);
  v_leased jsonb[];
  v_leases jsonb := '[]';
  v_changed jsonb := '[]';
begin
  -- 1. Lock the session, which waits for another request of it. Then count the runs that it holds. Whether the caller may lease is judged
  --    after the last lock, since the rights may change until then; a refused request has locked, and changed nothing.
  select s.name, s.capacity, s.workflow_definition_ids, s.tags, s.api_key_id, s.last_seen_at
  into v_name, v_capacity, v_session_ids, v_tags, v_api_key_id, v_last_seen_at
  from public.runner_sessions s
  where s.id = v_session_id and s.tenant_id = v_tenant_id
  for no key update;
  v_asked_at := clock_timestamp();
  select count(*), array_agg(r.id) filter (where a.lease_request_id = p_request_id),
    (select k.workflow_definition_ids from public.api_keys k where k.id = v_api_key_id)
  into v_held, v_known_run_ids, v_key_ids
  from public.running_attempts a
  join public.workflow_runs r on r.id = a.run_id
  where a.session_id = v_session_id and public.ends_by_time(r.deadline_at, a.ends_at) > v_asked_at;

  -- 2. Lock the definitions of the leases that this request already got, or else those from which a run can be leased.
  if v_known_run_ids is not null then
    with locked as (
      select d.id, d.handover
      from public.workflow_definitions d
      where d.id in (select r.workflow_definition_id from public.workflow_runs r where r.id = any (v_known_run_ids))
      order by d.id
      for update
    )
    select array_agg(id) filter (where handover = 'webhook') into v_webhook_ids from locked;
  elsif v_held < v_capacity then
    v_next_ids := public.lock_definitions_to_lease(
      v_tenant_id, v_session_ids, v_key_ids, least(p_max, v_capacity - v_held), v_tags);
  end if;
  v_now := clock_timestamp();

  -- 3. Does the session count, also after the wait? How do the queues stand? End the overdue runs, if there are any: then others may be next.
  --    Then lease the next run of each definition, as long as there are runs and the session has capacity.
  select count(session.name) = 0, bool_or(locked.is_due), bool_or(locked.takes_turns), array_agg(locked.definition_id),
    array_agg(locked.definition_id) filter (where locked.max_running > 1),
    array_agg(locked.id order by locked.ticket) filter (where locked.id is not null),
    array_agg(locked.slot_no order by locked.ticket), array_agg(locked.lease_seconds order by locked.ticket)
  into v_is_over, v_is_due, v_takes_turns, v_definition_ids, v_open_ids, v_next_ids, v_slot_nos, v_lease_times
  from public.find_session(p_context, v_now) session
  left join (
    select run.id, run.ticket, d.id as definition_id, d.max_running, d.max_running_per_key is not null as takes_turns, d.lease_seconds,
      queue.is_due, queue.slot_no
    from unnest(coalesce(v_known_run_ids, v_next_ids)) named (id)
    cross join lateral (
      select r.id, public.ticket_of(r.queue_position) as ticket, r.workflow_definition_id from public.workflow_runs r where r.id = named.id
      limit 1) run
    cross join lateral (
      select d.id, d.max_running, d.max_running_per_key, d.lease_seconds from public.workflow_definitions d
      where d.id = run.workflow_definition_id limit 1) d
    cross join lateral public.queue_state(v_tenant_id, d.id, v_now) queue
  ) locked on true;
  if v_is_over then
    return public.answer_with(p_context, v_tenant_id, '{"refused": "unauthenticated"}', null);
  end if;
  -- A runner counts as silent after a minute, so the row of a session that asks often need not be written each time.
  if v_last_seen_at < v_now - interval '5 seconds' then
    update public.runner_sessions s set last_seen_at = v_now where s.id = v_session_id;
  end if;
  if v_is_due then
    v_changed := coalesce(public.end_overdue_runs(v_definition_ids, v_now) -> 'runs', '[]');
    v_next_ids := public.next_leasable_runs(v_definition_ids, v_now);
    v_slot_nos := null;
    v_lease_times := null;
  end if;
  if v_known_run_ids is not null then
    with moved as (
      update public.running_attempts a
      set lease_expires_at = v_now + make_interval(secs => a.lease_seconds)
      where a.run_id = any (v_known_run_ids) and a.session_id = v_session_id
      returning a.run_id, a.lease_expires_at, a.lease_seconds, a.ends_at
    )
    select coalesce(jsonb_agg(leased.lease order by r.queue_position), '[]') into v_leases
    from moved
    join public.workflow_runs r on r.id = moved.run_id
    cross join lateral public.leased_run(r, moved.lease_expires_at, moved.lease_seconds, moved.ends_at) leased;
  else
    v_left := greatest(least(p_max, v_capacity - v_held), 0);
    loop
      v_next_ids := v_next_ids[:v_left];
      exit when v_next_ids is null or v_next_ids = '{}';
      for v_place in 1 .. cardinality(v_next_ids) loop
        v_run_id := v_next_ids[v_place];
        v_lease_seconds := coalesce(v_lease_times[v_place], public.lease_time_of(v_run_id));
        v_expires_at := v_now + make_interval(secs => v_lease_seconds);
        update public.workflow_runs r
        set status = public.next_status(r.status, 'lease'), started_at = v_now, updated_at = v_now, not_before = null, suspended_at = null,
          deadline_at = public.deadline_of(p_context, r.run_snapshot, v_now), dispatched_at = v_now,
          slot_no = coalesce(v_slot_nos[v_place], public.free_slot(r.workflow_definition_id)),
          key_slot_no = case when r.concurrency_key <> '' then public.free_slot(r.workflow_definition_id, r.concurrency_key) end
        where r.id = v_run_id
        returning r.attempt,
          (select array[leased.lease, leased.changed] from public.leased_run(r, v_expires_at, v_lease_seconds, v_expires_at) leased)
        into v_attempt, v_leased;
        insert into public.running_attempts (run_id, tenant_id, attempt, session_id, lease_request_id, lease_seconds, lease_expires_at)
        values (v_run_id, v_tenant_id, v_attempt, v_session_id, p_request_id, v_lease_seconds, v_expires_at);
        insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
        values (v_tenant_id, v_run_id, v_attempt, 'STARTED', v_now, null),
          (v_tenant_id, v_run_id, v_attempt, 'LEASED', v_now, jsonb_build_object('runner', v_name, 'session_id', v_session_id));
        v_leases := v_leases || v_leased[1];
        v_changed := v_changed || v_leased[2];
      end loop;
      v_left := v_left - cardinality(v_next_ids);
      if v_takes_turns then
        perform public.end_turn(v_next_ids);
      end if;
      -- Those with several slots may have a further free one.
      exit when v_open_ids is null or v_left = 0;
      v_next_ids := public.next_leasable_runs(v_open_ids, v_now);
      v_slot_nos := null;
      v_lease_times := null;
    end loop;
  end if;

  -- 4. The definition of a lease may have been switched to webhooks. Then its next runs start now. The runs of all others wait until a
  --    runner leases them.
  if v_webhook_ids is not null then
    v_changed := v_changed || coalesce(public.promote_next_runs(p_context, v_webhook_ids, v_now), '[]');
  end if;
  return public.answer_with(p_context, v_tenant_id, jsonb_build_object('result', jsonb_build_object('is_full', v_held >= v_capacity)),
    v_changed, null, 'leases', v_leases);
end $$;
