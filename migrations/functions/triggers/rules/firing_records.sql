-- What became of each occasion on which a trigger could have fired.

-- Records the firing of a trigger whose definition is locked: see `fire`, and also "outcome", "reason" and "detail"; of a stretch of
-- missed instants, "until" and "count". What did not fire is an event.
create or replace function public.record_firing(p_trigger_id uuid, p_firing jsonb, p_now timestamptz) returns void
language plpgsql as $$
declare
  v_outcome constant text := p_firing ->> 'outcome';
  v_scheduled_at constant timestamptz := p_firing ->> 'at';
begin
  insert into public.trigger_firings (id, tenant_id, trigger_id, at, outcome, cause, occasion, scheduled_at, scheduled_until, count,
    late_ms, run_id, of_run_id, of_attempt, reason, detail, user_id)
  select (p_firing ->> 'firing_id')::uuid, t.tenant_id, t.id, p_now, v_outcome, p_firing ->> 'cause',
    case p_firing ->> 'cause'
      when 'webhook' then p_firing ->> 'occasion'
      when 'run' then (p_firing ->> 'of_run_id') || ':' || (p_firing ->> 'of_attempt')
      else public.wire_instant(v_scheduled_at)
    end,
    v_scheduled_at, (p_firing ->> 'until')::timestamptz, coalesce((p_firing ->> 'count')::integer, 1),
    round(extract(epoch from p_now - (p_firing ->> 'due_at')::timestamptz) * 1000), (p_firing ->> 'run_id')::uuid,
    (p_firing ->> 'of_run_id')::uuid, (p_firing ->> 'of_attempt')::integer, p_firing ->> 'reason',
    nullif(p_firing -> 'detail', 'null'), (p_firing ->> 'user_id')::uuid
  from public.triggers t
  where t.id = p_trigger_id;
  if v_outcome <> 'FIRED' then
    perform public.add_trigger_event(p_trigger_id, 'TRIGGER_' || v_outcome, jsonb_strip_nulls(jsonb_build_object(
      'firing_id', p_firing -> 'firing_id', 'cause', p_firing -> 'cause', 'scheduled_at', public.wire_instant(v_scheduled_at),
      'scheduled_until', public.wire_instant((p_firing ->> 'until')::timestamptz), 'count', p_firing -> 'count',
      'run_id', p_firing -> 'run_id', 'of_run_id', p_firing -> 'of_run_id', 'of_attempt', p_firing -> 'of_attempt',
      'reason', p_firing -> 'reason',
      'delivery_id', public.delivery_id_of(p_firing ->> 'cause', p_firing ->> 'occasion'))), p_now);
  end if;
  perform public.delete_firings_beyond(p_trigger_id, p_now);
end $$;

-- True for a firing of a backfill whose instant the schedule has not come to, since its trigger is paused. If it were deleted, that instant
-- would fire once more when the trigger is resumed with "catch_up". A resumed trigger catches up what was due in the last 30 days, and an
-- instant is due up to an hour later by its jitter, so a firing is kept for 31 days.
create or replace function public.is_ahead(f public.trigger_firings, p_now timestamptz) returns boolean
language sql stable as $$
  select f.cause = 'backfill' and f.outcome = 'FIRED' and f.scheduled_at > p_now - interval '31 days' and exists (
    select from public.triggers t where t.id = f.trigger_id and t.after_at < f.scheduled_at)
$$;

-- Deletes up to 20 of the oldest firings of a trigger. It keeps the newest 1,000, all of the last seven days, and those that are ahead of the
-- schedule (`is_ahead`); while the oldest one is ahead, it keeps all.
--
-- Each firing calls it. So it reads at most about 1,000 entries of the index by trigger, however many firings there are. The two settings are
-- for the planner, which does not know how many there are: it might sort them all, or read those of all triggers by their time.
create or replace function public.delete_firings_beyond(p_trigger_id uuid, p_now timestamptz) returns void
language plpgsql set enable_sort = off set enable_incremental_sort = off as $$
declare
  v_before constant timestamptz := p_now - interval '7 days';
  v_oldest public.trigger_firings;
  v_beyond_at timestamptz;
  v_beyond_id uuid;
begin
  select f.* into v_oldest from public.trigger_firings f where f.trigger_id = p_trigger_id order by f.at, f.id limit 1;
  if v_oldest.at >= v_before or public.is_ahead(v_oldest, p_now) then
    return;
  end if;
  select f.at, f.id into v_beyond_at, v_beyond_id
  from public.trigger_firings f
  where f.trigger_id = p_trigger_id
  order by f.at desc, f.id desc
  offset 1000 limit 1;
  delete from public.trigger_firings f
  where f.id = any (array(
    select old.id
    from public.trigger_firings old
    where old.trigger_id = p_trigger_id and old.at < v_before and (old.at, old.id) <= (v_beyond_at, v_beyond_id)
    order by old.at, old.id
    limit 20)) and not public.is_ahead(f, p_now);
end $$;

-- Records an occasion that a paused trigger has missed: a message, or the end of a run, at "due_at". All that it misses in a row, during
-- one pause, are one firing, which counts them, and one event. A repeated call, with the same "firing_id", counts nothing. Returns the
-- id of the firing.
create or replace function public.record_missed(p_trigger_id uuid, p_firing jsonb, p_now timestamptz) returns uuid
language plpgsql as $$
declare
  v_firing_id constant uuid := p_firing ->> 'firing_id';
  v_known_id constant uuid := (
    select newest.id
    from (
      select f.id, f.at, f.outcome, f.cause from public.trigger_firings f
      where f.trigger_id = p_trigger_id
      order by f.at desc, f.id desc
      limit 1
    ) newest
    join public.triggers t on t.id = p_trigger_id
    where newest.outcome = 'MISSED' and newest.cause = p_firing ->> 'cause' and (t.paused_at is null or newest.at >= t.paused_at));
begin
  if v_known_id is null then
    perform public.record_firing(p_trigger_id, (p_firing - 'due_at') || jsonb_build_object('outcome', 'MISSED', 'reason', 'paused',
      'run_id', null, 'at', p_firing -> 'due_at', 'until', p_firing -> 'due_at', 'count', 1), p_now);
    return v_firing_id;
  end if;
  update public.trigger_firings f
  set count = f.count + 1, last_counted_id = v_firing_id, scheduled_until = (p_firing ->> 'due_at')::timestamptz,
    of_run_id = (p_firing ->> 'of_run_id')::uuid, of_attempt = (p_firing ->> 'of_attempt')::integer
  where f.id = v_known_id and f.last_counted_id is distinct from v_firing_id;
  return v_known_id;
end $$;

-- Inserts an event of a trigger.
create or replace function public.add_trigger_event(p_trigger_id uuid, p_type text, p_detail jsonb, p_now timestamptz) returns void
language plpgsql as $$
begin
  insert into public.workflow_run_events (tenant_id, type, at, detail)
  select t.tenant_id, p_type, p_now, jsonb_build_object(
    'trigger_id', t.id, 'trigger_name', t.name, 'workflow_definition_id', d.id, 'workflow_name', d.name) || p_detail
  from public.triggers t
  join public.workflow_definitions d on d.id = t.workflow_definition_id
  where t.id = p_trigger_id;
end $$;

-- The id that a sender has given its message: what stands before the first blank of the occasion. Null for other firings, and for a
-- message without an id.
create or replace function public.delivery_id_of(p_cause text, p_occasion text) returns text
language sql immutable as $$
  select case p_cause when 'webhook' then nullif(split_part(p_occasion, ' ', 1), '') end
$$;

-- A firing as the API shows it.
create or replace function public.firing_response(f public.trigger_firings) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'id', f.id, 'trigger_id', f.trigger_id, 'at', public.wire_instant(f.at), 'outcome', f.outcome, 'cause', f.cause,
    'scheduled_at', public.wire_instant(f.scheduled_at), 'scheduled_until', public.wire_instant(f.scheduled_until),
    'count', f.count, 'late_ms', f.late_ms, 'run_id', f.run_id, 'of_run_id', f.of_run_id, 'of_attempt', f.of_attempt,
    'reason', f.reason, 'detail', f.detail, 'user_id', f.user_id, 'delivery_id', public.delivery_id_of(f.cause, f.occasion))
$$;
