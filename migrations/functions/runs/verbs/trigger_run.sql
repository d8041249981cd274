-- Triggers a run of a definition. It becomes RUNNING when a slot is free for it, otherwise PENDING at the end of the queue, or before those
-- with a lower priority than `p_priority`. When the
-- definition is busy, its policy may refuse the run instead, or let it take the place of others: see `make_room`. With
-- `p_start_after`, it is PENDING and joins the queue at that instant. With `p_must_start_by`, it must have started by then.
--
-- Guarantees:
-- - A run is inserted completely, with its frozen snapshot and its events, or not at all.
-- - While an idempotency key is in use, it answers the run that it triggered first. A key belongs to a user and a definition.
--   It is in use while its run is PENDING or RUNNING, and for a while after the run was created: see `idempotency_cutoff`. The
--   same key with another input is refused.
-- - `p_input`, a JSON object or null, `p_traceparent`, a header of W3C Trace Context or null, and `p_labels`, {"key": "value"} or
--   null, are frozen with the run. A repeated call with the same key may have another `p_traceparent` and other `p_labels`.
-- - So is `p_concurrency_key`, or the key that the input has: see `key_of_run`. A repeated call gets the run with its first key and
--   its first instants.
-- - Idempotent: called again with the same `p_run_id`, it answers the run that the first call inserted.
--
-- Closes the race between two invokes with the same key or for the same slots: the second waits for the definition's lock, and
-- then sees what the first did.
--
-- With the default `random_page_cost`, Postgres would read the whole table of definitions to find one. This verb therefore sets a lower
-- one: see `lease_runs`.
--
-- Answers {"result": {"run", "replayed"}}, or "refused":
-- unauthenticated, not_found, or what `add_run` refuses
create or replace function public.trigger_run(
  p_context jsonb, p_definition_id uuid, p_run_id uuid, p_idempotency_key text, p_input json, p_traceparent text,
  p_labels jsonb default null, p_concurrency_key text default null, p_start_after timestamptz default null,
  p_must_start_by timestamptz default null, p_priority integer default 0
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan set random_page_cost = 1 as $$
declare
  v_locked_id uuid;
  v_now timestamptz;
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_judged jsonb;
  v_is_due boolean;
  v_is_known boolean;
  v_running bigint;
  v_slot_no bigint;
  v_waits boolean;
  v_given jsonb;
  v_changed jsonb := '[]';
  v_both jsonb[];
  v_added jsonb;
begin
  -- 1. Lock the definition.
  v_locked_id := public.lock_definition(p_context, p_definition_id);
  v_now := clock_timestamp();

  -- 2. Who is the caller, and how does the queue stand? Judge the caller, with the current permissions. Then end the overdue runs, if there
  --    are any.
  select caller.tenant_id, caller.user_id, caller.role, queue.is_due, queue.running, queue.slot_no, queue.waits,
    exists (select from public.workflow_runs r where r.id = p_run_id)
  into v_tenant_id, v_user_id, v_role, v_is_due, v_running, v_slot_no, v_waits, v_is_known
  from public.find_caller(p_context -> 'caller') caller
  cross join lateral public.queue_state(caller.tenant_id, v_locked_id, v_now) queue;
  v_judged := public.judge_sight(v_tenant_id, v_user_id, v_role, v_locked_id);
  if v_judged is not null then
    return public.answer_with(p_context, v_tenant_id, v_judged, null);
  end if;
  if v_is_due then
    v_changed := coalesce(public.end_overdue_runs(array[p_definition_id], v_now) -> 'runs', '[]');
  end if;

  -- 3. Add the run.
  if p_priority > 0 or num_nonnulls(p_idempotency_key, p_traceparent, p_labels, p_concurrency_key, p_start_after, p_must_start_by) > 0 then
    v_given := jsonb_strip_nulls(jsonb_build_object('idempotency_key', p_idempotency_key, 'traceparent', p_traceparent, 'labels', p_labels,
      'concurrency_key', p_concurrency_key, 'priority', nullif(p_priority, 0), 'start_after', p_start_after,
      'must_start_by', p_must_start_by));
  end if;
  v_both := public.add_run(p_context, v_role, v_tenant_id, v_user_id, p_definition_id, p_run_id, p_input, v_given, v_now,
    case when not (v_is_due or v_is_known) then array[v_running, v_slot_no, v_waits::integer] end);
  v_added := v_both[1];
  v_changed := v_changed || coalesce(v_added -> 'changed', '[]');

  -- 4. Promote the next run, unless none can start now.
  if not coalesce((v_added ->> 'is_settled')::boolean, false) then
    v_changed := v_changed || coalesce(public.promote_next_runs(p_context, array[p_definition_id], v_now), '[]');
  end if;
  return public.answer_with(p_context, v_tenant_id, public.triggered(v_added), v_changed, v_added -> 'told', 'run',
    public.triggered_run(v_added, v_both[2], v_now));
end $$;
