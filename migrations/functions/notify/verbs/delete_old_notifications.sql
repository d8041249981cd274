-- Deletes up to `p_limit` notifications that are older than 30 days and do not wait to be sent. For an endpoint that is disabled or gone, none
-- waits. Of those that it does not delete, it gives up what has waited for disabled endpoints: as many as the limit leaves.
--
-- Closes the race with another sweep and with a person who sends one again: rows that others have locked are skipped.
-- Closes the race with a person who enables an endpoint: both lock it. One that others have locked is skipped.
-- Idempotent.
--
-- For `p_only` and `p_lists` see shared/rules/set_aside.sql.
--
-- Answers {"result": {"deleted": how many were deleted or given up}}.
create or replace function public.delete_old_notifications(
  p_context jsonb, p_limit integer, p_only uuid[] default null, p_lists boolean default false
) returns jsonb
language plpgsql as $$
declare
  c_most_endpoints constant integer := 100;
  v_before constant timestamptz := clock_timestamp() - interval '30 days';
  v_except constant uuid[] := public.set_aside_by('old_notifications');
  v_disabled_ids constant uuid[] := array(
    select e.id
    from public.endpoints_in_wait() waiting
    join public.notification_endpoints e on e.id = waiting.id and e.disabled_at is not null
    limit c_most_endpoints
    for no key update of e skip locked);
  v_endpoint_id uuid;
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
  foreach v_endpoint_id in array v_disabled_ids loop
    v_ids := v_ids || public.due_notifications(v_endpoint_id, 'infinity', p_limit - cardinality(v_ids), p_only, v_except || v_ids);
  end loop;
  if p_lists then
    return public.candidates_of(p_context, v_ids);
  end if;
  delete from public.notifications n where n.id = any (v_ids) and n.created_at < v_before;
  perform public.give_up_notifications(v_ids);
  return public.answer_of(p_context, null, jsonb_build_object('result', jsonb_build_object('deleted', cardinality(v_ids))));
end $$;
