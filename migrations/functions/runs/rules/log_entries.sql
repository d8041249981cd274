-- Stores entries of the log of the current attempt of a RUNNING run whose definition is locked: `append_log` stores one, and
-- `record_heartbeat` several. `p_entries` is [{"sequence", "text"}], each number once.
--
-- - An entry that is stored already is not stored again. One with the number of another text is not stored, and is among "conflicts".
-- - The log of an attempt has at most 1 MiB, and the logs of all attempts of a run together have at most 4 MiB. The first entry that does
--   not fit cuts the log of its attempt: neither that entry nor any later one is stored.
--
-- Returns {"is_cut", "conflicts": [sequence]}.
create or replace function public.store_log_entries(
  p_run_id uuid, p_attempt integer, p_entries jsonb, p_now timestamptz
) returns jsonb
language plpgsql as $$
declare
  c_max_bytes constant integer := 1048576;
  c_max_bytes_of_run constant integer := 4194304;
  v_bytes_left bigint;
  v_is_cut boolean;
  v_conflicts jsonb;
begin
  select least(c_max_bytes - coalesce(sum(l.bytes) filter (where l.attempt = p_attempt), 0),
      c_max_bytes_of_run - coalesce(sum(l.bytes), 0)),
    coalesce(bool_or(l.is_cut) filter (where l.attempt = p_attempt), false)
  into v_bytes_left, v_is_cut
  from public.workflow_run_logs l
  where l.run_id = p_run_id;

  with compared as (
    select given.sequence, given.text, octet_length(given.text) as bytes, e.text as known_text
    from jsonb_to_recordset(p_entries) given (sequence integer, text text)
    left join public.workflow_run_log_entries e
      on e.run_id = p_run_id and e.attempt = p_attempt and e.sequence = given.sequence
  ), new as (
    select c.sequence, c.text, c.bytes, not v_is_cut and sum(c.bytes) over (order by c.sequence) <= v_bytes_left as fits
    from compared c
    where c.known_text is null
  ), counted as (
    insert into public.workflow_run_logs as l (run_id, attempt, bytes, is_cut)
    select p_run_id, p_attempt, coalesce(sum(new.bytes) filter (where new.fits), 0), not bool_and(new.fits)
    from new
    having count(*) > 0
    on conflict (run_id, attempt) do update set bytes = l.bytes + excluded.bytes, is_cut = excluded.is_cut
    returning l.is_cut
  ), stored as (
    insert into public.workflow_run_log_entries (run_id, attempt, sequence, at, text)
    select p_run_id, p_attempt, new.sequence, p_now, new.text
    from new
    where new.fits
  )
  select coalesce((select counted.is_cut from counted), v_is_cut),
    (select coalesce(jsonb_agg(c.sequence order by c.sequence), '[]') from compared c where c.known_text <> c.text)
  into v_is_cut, v_conflicts;
  return jsonb_build_object('is_cut', v_is_cut, 'conflicts', v_conflicts);
end $$;
