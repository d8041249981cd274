-- Deletes up to `p_limit` notifications that are older than 30 days and are not waiting to be sent, or whose endpoint is gone.
--
-- Closes the race with another sweep and with a person who sends one again: rows that others have locked are skipped.
-- Idempotent.
--
-- Answers {"result": {"deleted": how many were deleted}}.
create or replace function public.delete_old_notifications(p_context jsonb, p_limit integer) returns jsonb
language plpgsql as $$
declare
  v_since constant bigint := public.last_event_id();
  v_before constant timestamptz := clock_timestamp() - interval '30 days';
  v_deleted integer;
begin
  with old as (
    select n.id
    from public.notifications n
    where n.created_at < v_before
      and (n.next_try_at is null or not exists (
        select from public.notification_endpoints e where e.id = n.endpoint_id))
    order by n.created_at
    limit p_limit
    for update skip locked
  ), deleted as (
    delete from public.notifications n using old where n.id = old.id returning n.id
  )
  select count(*) into v_deleted from deleted;
  return public.answer_of(
    p_context, v_since, null, jsonb_build_object('result', jsonb_build_object('deleted', v_deleted)));
end $$;
