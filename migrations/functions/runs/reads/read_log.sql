-- A page of the log of an attempt, in the order of the entries' numbers, for a caller who may see the run. A null `p_attempt`
-- means the run's current attempt. The page begins after the entry number `p_after`, which is -1 for the beginning.
-- `log_in_order` defines the order, and how missing entries are handled.
--
-- Answers {"tenant_id", and either "refused" (see `judge_run_read`; also no_such_attempt) or "attempt", "entries":
-- [{"sequence", "at", "text", "missing_before", "omitted_bytes"}], "has_more": the page is full, "is_complete": no entries follow this page,
-- "is_cut": entries were not stored because the log was too long, and it has not kept its end, "progress": {"percent", "message"} and
-- "heartbeat_at" of the attempt while it is RUNNING}.
create or replace function public.read_log(
  p_credential jsonb, p_run_id uuid, p_attempt integer, p_after integer
) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  c_max_entries constant integer := 10000;
  v_now constant timestamptz := statement_timestamp();
  v_judged constant jsonb := public.judge_run_read(p_credential, p_run_id);
  v_attempt integer;
  v_latest_attempt integer;
  v_is_over boolean;
  v_is_cut boolean;
  v_entries jsonb;
  v_has_more boolean;
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  select r.attempt, coalesce(p_attempt, r.attempt), coalesce(p_attempt, r.attempt) < r.attempt or seen.completed_at is not null
  into v_latest_attempt, v_attempt, v_is_over
  from public.workflow_runs r
  cross join lateral public.run_as_seen(r, v_now) seen
  where r.id = p_run_id;
  if v_attempt > v_latest_attempt then
    return jsonb_build_object('tenant_id', v_judged -> 'tenant_id', 'refused', 'no_such_attempt');
  end if;

  select
    coalesce(jsonb_agg(jsonb_build_object(
      'sequence', e.sequence, 'at', public.wire_instant(e.at), 'text', e.text,
      'missing_before', e.missing_before, 'omitted_bytes', e.omitted_bytes) order by e.sequence), '[]'),
    count(*) = c_max_entries
  into v_entries, v_has_more
  from public.log_in_order(
    p_run_id, v_attempt, p_after, v_attempt, case when not v_is_over then v_attempt end, v_now, c_max_entries) e
  where e.held_until is null;
  select l.is_cut and not l.has_end into v_is_cut
  from public.workflow_run_logs l
  where l.run_id = p_run_id and l.attempt = v_attempt;
  return jsonb_build_object(
    'tenant_id', v_judged -> 'tenant_id', 'attempt', v_attempt, 'entries', v_entries, 'has_more', v_has_more,
    'is_complete', v_is_over and not v_has_more, 'is_cut', coalesce(v_is_cut, false),
    'progress', case when not v_is_over then public.run_progress(p_run_id, v_attempt) end,
    'heartbeat_at', (
      select public.wire_instant(a.heartbeat_at)
      from public.running_attempts a
      where a.run_id = p_run_id and a.attempt = v_attempt and not v_is_over));
end $$;
