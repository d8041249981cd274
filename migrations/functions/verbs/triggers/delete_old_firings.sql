-- Deletes up to `p_limit` firings that are older than `p_days`, and older than seven days. When more than 1,000 of a trigger are kept,
-- `record_firing` deletes the others.
--
-- Closes the race with another sweep: rows that others have locked are skipped. Idempotent.
--
-- Answers {"result": {"deleted": how many were deleted}}.
create or replace function public.delete_old_firings(p_context jsonb, p_days integer, p_limit integer) returns jsonb
language plpgsql as $$
declare
  v_since constant bigint := public.last_event_id();
  v_before constant timestamptz := clock_timestamp() - make_interval(days => greatest(p_days, 7));
  v_deleted integer;
begin
  with old as (
    select f.id from public.trigger_firings f where f.at < v_before order by f.at limit p_limit for update skip locked
  ), deleted as (
    delete from public.trigger_firings f using old where f.id = old.id returning f.id
  )
  select count(*) into v_deleted from deleted;
  return public.answer_of(
    p_context, v_since, null, jsonb_build_object('result', jsonb_build_object('deleted', v_deleted)));
end $$;
