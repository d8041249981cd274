-- Sets rows aside that have failed in a step of the sweep, or a step as a whole: for a minute, and twice as long each time, up to an hour.
-- `p_failures` is [{"row_id", "tenant_id", "sqlstate", "message", "untried"?}]; of a step as a whole, "row_id" and "tenant_id" are null.
-- One that is "untried" has not failed alone: it waits for a minute, since others beside it have failed. The Worker does not know the tenant of a
-- notification or an endpoint. A row is forgotten by the first whole sweep that begins after its time and in which it does not fail again.
--
-- Safe to run concurrently with itself: rows are inserted in the order of their ids.
--
-- Answers {"result": {"set_aside": [{"row_id", "tenant_id", "failures", "until"}]}}.
create or replace function public.set_aside_failures(p_context jsonb, p_step text, p_failures jsonb) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  c_first constant interval := interval '1 minute';
  c_longest constant interval := interval '1 hour';
  c_nobody constant uuid := '00000000-0000-0000-0000-000000000000';
  v_now constant timestamptz := clock_timestamp();
  v_set_aside jsonb;
begin
  with written as (
    insert into public.set_aside as s (step, row_id, tenant_id, failures, failed_at, until, sqlstate, message)
    select distinct on (row_id) p_step, coalesce(given.row_id, c_nobody) as row_id, coalesce(given.tenant_id,
        (select n.tenant_id from public.notifications n where n.id = given.row_id),
        (select e.tenant_id from public.notification_endpoints e where e.id = given.row_id)),
      case when given.untried then 0 else 1 end, v_now, v_now + c_first, given.sqlstate, given.message
    from jsonb_to_recordset(p_failures) given (row_id uuid, tenant_id uuid, sqlstate text, message text, untried boolean)
    order by row_id, coalesce(given.untried, false)
    on conflict (step, row_id) do update
    set failures = s.failures + excluded.failures, sqlstate = excluded.sqlstate, message = excluded.message,
      until = case excluded.failures
        when 0 then greatest(s.until, excluded.until) else v_now + least(c_first * power(2, least(s.failures, 10)), c_longest) end
    returning s.*
  )
  select coalesce(jsonb_agg(jsonb_build_object('row_id', nullif(w.row_id, c_nobody), 'tenant_id', w.tenant_id, 'failures', w.failures,
    'until', public.wire_instant(w.until))), '[]') into v_set_aside
  from written w;
  return public.answer_of(p_context, null, jsonb_build_object('result', jsonb_build_object('set_aside', v_set_aside)));
end $$;
