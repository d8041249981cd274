-- The answer of `follow_run`, and the log entries after the entry number `p_after_sequence` of the attempt `p_attempt`,
-- including those of later attempts. A null `p_attempt` means the run's current attempt. A `p_after_sequence` of -1 means from
-- the beginning.
--
-- Answers like `follow_run`. When the run exists, it adds:
-- - attempt: `p_attempt`, or the run's current attempt
-- - entries: up to 10,000, in the order of `log_in_order`: [{"attempt", "sequence", "at", "text", "missing_before", "omitted_bytes"}]. When a
--   log was cut because it was too long, and the attempt has ended without the end of its log, one more entry follows the attempt's
--   entries, with the `sequence` 2147483648 and with nulls for `at` and `text`.
-- - has_more_entries: true when more may be readable at once
-- - due_in_ms: also considers when entries that are held back become readable
create or replace function public.follow_run_and_log(
  p_credential jsonb, p_run_id uuid, p_after bigint, p_limit integer, p_attempt integer, p_after_sequence bigint
) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  c_max_entries constant integer := 10000;
  c_cut constant bigint := 2147483648;
  v_now constant timestamptz := statement_timestamp();
  v_answer jsonb;
  v_latest_attempt integer;
  v_attempt integer;
  v_open_attempt integer;
  v_entries jsonb;
  v_has_more boolean;
  v_held_until timestamptz;
begin
  v_answer := public.follow_run(p_credential, p_run_id, p_after, p_limit);
  if v_answer = '{"refused": "unauthenticated"}' or (v_answer ->> 'run') is null then
    return v_answer;
  end if;
  select r.attempt, coalesce(p_attempt, r.attempt), case when seen.completed_at is null then r.attempt end
  into v_latest_attempt, v_attempt, v_open_attempt
  from public.workflow_runs r
  cross join lateral public.run_as_seen(r, v_now) seen
  where r.id = p_run_id;

  with page as materialized (
    select *
    from public.log_in_order(
      p_run_id, v_attempt, p_after_sequence, v_latest_attempt, v_open_attempt, v_now, c_max_entries)
  ), found as (
    select count(*) = c_max_entries as is_full, max(page.attempt) as last_attempt, min(page.held_until) as held_until
    from page
  ), readable as (
    select page.attempt, page.sequence::bigint as sequence, page.at, page.text, page.missing_before, page.omitted_bytes
    from page
    where page.held_until is null
    union all
    select l.attempt, c_cut, null, null, 0, 0
    from public.workflow_run_logs l, found
    where l.run_id = p_run_id and l.is_cut and not l.has_end and l.attempt is distinct from v_open_attempt and (l.attempt, c_cut) > (v_attempt, p_after_sequence)
      and (not found.is_full or l.attempt < found.last_attempt)
  )
  select
    (select coalesce(jsonb_agg(jsonb_build_object(
      'attempt', e.attempt, 'sequence', e.sequence, 'at', public.wire_instant(e.at), 'text', e.text,
      'missing_before', e.missing_before, 'omitted_bytes', e.omitted_bytes) order by e.attempt, e.sequence), '[]') from readable e),
    found.is_full and found.held_until is null, found.held_until
  into v_entries, v_has_more, v_held_until
  from found;
  return v_answer || jsonb_build_object(
    'attempt', v_attempt, 'entries', v_entries, 'has_more_entries', v_has_more,
    'due_in_ms', least((v_answer ->> 'due_in_ms')::float8, public.ms_until(v_held_until)));
end $$;
