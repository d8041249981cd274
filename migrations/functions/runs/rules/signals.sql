-- Signals: a program, or a webhook, says that something has happened, by a name and a correlation, such as `paid` and `invoice-4711`. Exactly
-- one run of the workflow gets it.
--
-- 1. A run waits for a signal like for an answer: by a row in `run_waits`. The oldest run that waits gets the signal (`receive_signal`), and
--    resumes in the same transaction.
-- 2. When none waits, the signal is kept for seven days, in `kept_signals`, and the next run that asks gets it at once (`take_kept_signals`).
--    Both sides hold the lock of the definition. So a signal and a run that suspends itself at the same moment meet, in either order.
-- 3. The row in `kept_signals` stays for these seven days, without the payload, when a run got the signal. It knows a signal that is sent
--    again by its id.

-- For how long signals are kept, and known.
create or replace function public.signals_kept_for() returns interval
language sql immutable as $$
  select interval '7 days'
$$;

-- The answer for a signal that was received: {"result": {"id", "run_id": that got it at once, "kept_until": when none did}}.
create or replace function public.signal_response(s public.kept_signals) returns jsonb
language sql stable as $$
  select jsonb_build_object('result', jsonb_build_object('id', s.signal_id, 'run_id', s.run_id,
    'kept_until', case when s.run_id is null then public.wire_instant(s.received_at + public.signals_kept_for()) end))
$$;

-- Receives a signal for a locked definition whose overdue runs were ended. `p_signal` is {"name", "correlation", "id"}. The same signal again
-- gets the same answer. `p_trigger` is the trigger that has sent it, if one has: see `fire`. Returns {"answer": see `signal_response`,
-- "changed": see `changed_runs`}, or {"answer": {"refused"}} which is one of:
--   other_signal      another signal had this id
--   too_many_signals  as many signals are kept for the definition as may be: "limit"
create or replace function public.receive_signal(
  p_tenant_id uuid, p_user_id uuid, p_definition_id uuid, p_signal jsonb, p_payload json, p_now timestamptz, p_trigger jsonb default null
) returns jsonb
language plpgsql as $$
declare
  c_most_kept constant integer := 1000;
  v_id constant text := p_signal ->> 'id';
  v_name constant text := p_signal ->> 'name';
  v_correlation constant text := p_signal ->> 'correlation';
  v_hash constant bytea := sha256(convert_to(jsonb_build_array(v_name, v_correlation, p_payload::text)::text, 'UTF8'));
  v_known_hash bytea;
  v_answer jsonb;
  v_run_id uuid;
  v_key text;
  v_changed jsonb := '[]';
begin
  -- 1. Was it received before?
  select s.hash, public.signal_response(s) into v_known_hash, v_answer
  from public.kept_signals s
  where s.workflow_definition_id = p_definition_id and s.signal_id = v_id and s.received_at > p_now - public.signals_kept_for();
  if v_known_hash is not null then
    return jsonb_build_object('changed', '[]'::jsonb, 'answer',
      case when v_known_hash = v_hash then v_answer else '{"refused": "other_signal"}' end);
  end if;

  -- 2. Which run gets it? If none waits for it, may it be kept?
  select w.run_id, w.key into v_run_id, v_key
  from public.run_waits w
  join public.workflow_runs r on r.id = w.run_id
  where w.workflow_definition_id = p_definition_id and w.kind = 'signal' and w.is_open and w.name = v_name
    and w.correlation = v_correlation and public.wait_outcome(w, p_now) is null
    and public.is_suspended(r.status, r.suspended_at, r.not_before, p_now) and public.is_unexpired(r.deadline_at, p_now)
  order by w.asked_at, w.id
  limit 1;
  if v_run_id is null and c_most_kept <= (
    select count(*)
    from (
      select from public.kept_signals s
      where s.workflow_definition_id = p_definition_id and s.taken_at is null and s.received_at > p_now - public.signals_kept_for()
      limit c_most_kept
    ) kept) then
    return jsonb_build_object('changed', '[]'::jsonb, 'answer', jsonb_build_object('refused', 'too_many_signals', 'limit', c_most_kept));
  end if;

  -- 3. Remember it. An older one with this id is forgotten.
  insert into public.kept_signals as s (
    tenant_id, workflow_definition_id, signal_id, name, correlation, hash, payload, user_id, trigger, received_at, run_id, taken_at)
  values (p_tenant_id, p_definition_id, v_id, v_name, v_correlation, v_hash, case when v_run_id is null then p_payload end, p_user_id,
    p_trigger, p_now, v_run_id, case when v_run_id is not null then p_now end)
  on conflict (workflow_definition_id, signal_id) do update
  set name = excluded.name, correlation = excluded.correlation, hash = excluded.hash, payload = excluded.payload,
    user_id = excluded.user_id, trigger = excluded.trigger, received_at = excluded.received_at, run_id = excluded.run_id,
    taken_at = excluded.taken_at
  returning public.signal_response(s) into v_answer;

  -- 4. Let the run go on.
  if v_run_id is not null then
    perform public.give_signal(v_run_id, v_key, v_id, p_payload, p_user_id, p_now, p_trigger);
    v_changed := public.resume_if_complete(v_run_id, p_now);
  end if;
  return jsonb_build_object('changed', v_changed, 'answer', v_answer);
end $$;

-- Gives a run the signal that it waits for under a key, and inserts the event of that. `p_user_id` is who has sent it, or the user of the
-- trigger that has.
create or replace function public.give_signal(
  p_run_id uuid, p_key text, p_signal_id text, p_payload json, p_user_id uuid, p_now timestamptz, p_trigger jsonb
) returns void
language plpgsql as $$
begin
  with given as (
    update public.run_waits w
    set signal_id = p_signal_id, payload = p_payload, received_at = p_now, is_open = false
    where w.run_id = p_run_id and w.key = p_key
    returning w.run_id, w.name, w.correlation
  )
  insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
  select r.tenant_id, r.id, r.attempt, 'SIGNALLED', p_now, jsonb_build_object(
    'key', p_key, 'name', g.name, 'correlation', g.correlation, 'signal_id', p_signal_id, 'user_id', p_user_id)
    || case when p_trigger is null then '{}' else jsonb_build_object('trigger', p_trigger) end
  from given g
  join public.workflow_runs r on r.id = g.run_id;
end $$;

-- Gives the run that asks the signals that are kept for those of its waits with these keys that are open, the oldest first, each one to one
-- wait. The definition is locked. The firing of a trigger that has sent one gets the run.
create or replace function public.take_kept_signals(p_run_id uuid, p_definition_id uuid, p_keys text[], p_now timestamptz) returns void
language plpgsql as $$
declare
  v_key text;
  v_name text;
  v_correlation text;
  v_id uuid;
  v_signal_id text;
  v_payload json;
  v_user_id uuid;
  v_trigger jsonb;
begin
  for v_key, v_name, v_correlation in
    select w.key, w.name, w.correlation
    from public.run_waits w
    where w.run_id = p_run_id and w.key = any (p_keys) and w.kind = 'signal' and w.is_open and public.wait_outcome(w, p_now) is null
    order by array_position(p_keys, w.key)
  loop
    select s.id, s.signal_id, s.payload, s.user_id, s.trigger into v_id, v_signal_id, v_payload, v_user_id, v_trigger
    from public.kept_signals s
    where s.workflow_definition_id = p_definition_id and s.taken_at is null and s.name = v_name and s.correlation = v_correlation
      and s.received_at > p_now - public.signals_kept_for()
    order by s.received_at, s.id
    limit 1;
    continue when v_id is null;
    update public.kept_signals s set taken_at = p_now, payload = null where s.id = v_id;
    perform public.give_signal(p_run_id, v_key, v_signal_id, v_payload, v_user_id, p_now, v_trigger);
    if v_trigger is not null then
      update public.trigger_firings f set run_id = p_run_id where f.id = (v_trigger ->> 'firing_id')::uuid;
    end if;
  end loop;
end $$;
