-- Deletes up to `p_limit` notifications that are older than 30 days and do not wait to be sent. For an endpoint that is disabled or gone, none
-- waits.
--
-- Closes the race with another sweep and with a person who sends one again: rows that others have locked are skipped.
-- Idempotent.
--
-- For `p_only` and `p_lists` see shared/rules/set_aside.sql.
--
-- Answers {"result": {"deleted": how many were deleted}}.
create or replace function public.delete_old_notifications(
  p_context jsonb, p_limit integer, p_only uuid[] default null, p_lists boolean default false
) returns jsonb
language plpgsql as $$
declare
  v_before constant timestamptz := clock_timestamp() - interval '30 days';
  v_except constant uuid[] := public.set_aside_by('old_notifications');
  v_ids uuid[];
begin
  v_ids := array(
    select n.id
    from public.notifications n
    where n.created_at < v_before and public.takes(n.id, p_only, v_except)
      and (n.next_try_at is null or not exists (
        select from public.notification_endpoints e where e.id = n.endpoint_id and e.disabled_at is null))
    order by n.created_at
    limit p_limit
    for update skip locked);
  if p_lists then
    return public.candidates_of(p_context, v_ids);
  end if;
  delete from public.notifications n where n.id = any (v_ids);
  return public.answer_of(p_context, null, jsonb_build_object('result', jsonb_build_object('deleted', cardinality(v_ids))));
end $$;
