-- Stores entries of the log of the current attempt of a RUNNING run whose definition is locked: `append_log` stores one, and
-- `record_heartbeat` several. `p_entries` is [{"sequence", "text", "omitted_bytes"?}], each number once.
--
-- - An entry that is stored already is not stored again. One with the number of another text is not stored, and is among "conflicts".
-- - The log of an attempt has at most 1 MiB, and the logs of all attempts of a run together have at most 4 MiB. The first entry that does
--   not fit cuts the log of its attempt: neither that entry nor any later one is stored, except for the end of the log.
-- - The entries of the end have "omitted_bytes": how much the runner has left out right before them. There is room only for them, 256 KiB more
--   for an attempt and 1 MiB more for a run, so that a cut log keeps its end.
--
-- Returns {"is_cut", "conflicts": [sequence], "cut_from": the number of the first of these entries that did not fit, or null}.
create or replace function public.store_log_entries(
  p_run_id uuid, p_attempt integer, p_entries jsonb, p_now timestamptz
) returns jsonb
language plpgsql as $$
declare
  c_max_bytes constant integer := 1048576;
  c_max_bytes_of_run constant integer := 4194304;
  c_end_bytes constant integer := 262144;
  c_end_bytes_of_run constant integer := 1048576;
  v_bytes bigint;
  v_bytes_of_run bigint;
  v_is_cut boolean;
  v_cut_from integer;
  v_conflicts jsonb;
begin
  select coalesce(sum(l.bytes) filter (where l.attempt = p_attempt), 0), coalesce(sum(l.bytes), 0),
    coalesce(bool_or(l.is_cut) filter (where l.attempt = p_attempt), false)
  into v_bytes, v_bytes_of_run, v_is_cut
  from public.workflow_run_logs l
  where l.run_id = p_run_id;

  with compared as (
    select given.sequence, given.text, given.omitted_bytes, octet_length(given.text) as bytes, e.text as known_text
    from jsonb_to_recordset(p_entries) given (sequence integer, text text, omitted_bytes bigint)
    left join public.workflow_run_log_entries e
      on e.run_id = p_run_id and e.attempt = p_attempt and e.sequence = given.sequence
  ), new as (
    select c.sequence, c.text, c.omitted_bytes, c.bytes, case
      when c.omitted_bytes is null then not v_is_cut and sum(c.bytes) over so_far
        <= least(c_max_bytes - v_bytes, c_max_bytes_of_run - v_bytes_of_run)
      else sum(c.bytes) over so_far
        <= least(c_max_bytes + c_end_bytes - v_bytes, c_max_bytes_of_run + c_end_bytes_of_run - v_bytes_of_run)
    end as fits
    from compared c
    where c.known_text is null
    window so_far as (order by c.sequence)
  ), counted as (
    insert into public.workflow_run_logs as l (run_id, attempt, bytes, is_cut, has_end)
    select p_run_id, p_attempt, coalesce(sum(new.bytes) filter (where new.fits), 0),
      not bool_and(new.fits) or coalesce(bool_or(new.omitted_bytes > 0), false),
      bool_or(new.fits and new.omitted_bytes is not null)
    from new
    having count(*) > 0
    on conflict (run_id, attempt) do update
    set bytes = l.bytes + excluded.bytes, is_cut = l.is_cut or excluded.is_cut, has_end = l.has_end or excluded.has_end
    returning l.is_cut
  ), stored as (
    insert into public.workflow_run_log_entries (run_id, attempt, sequence, at, text, omitted_bytes)
    select p_run_id, p_attempt, new.sequence, p_now, new.text, new.omitted_bytes
    from new
    where new.fits
  )
  select coalesce((select counted.is_cut from counted), v_is_cut),
    (select min(new.sequence) from new where not new.fits),
    (select coalesce(jsonb_agg(c.sequence order by c.sequence), '[]') from compared c where c.known_text <> c.text)
  into v_is_cut, v_cut_from, v_conflicts;
  return jsonb_build_object('is_cut', v_is_cut, 'conflicts', v_conflicts, 'cut_from', v_cut_from);
end $$;
