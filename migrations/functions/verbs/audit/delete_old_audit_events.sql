-- Deletes up to `p_limit` rows of the audit log that are older than `p_days`: see `remove_audit_events`.
--
-- Closes the race with another sweep: rows that others have locked are skipped. Idempotent.
--
-- Answers {"result": {"deleted": how many}}.
create or replace function public.delete_old_audit_events(p_context jsonb, p_days integer, p_limit integer) returns jsonb
language plpgsql as $$
declare
  v_since constant bigint := public.last_event_id();
  v_deleted constant integer := public.remove_audit_events(p_days, p_limit);
begin
  return public.answer_of(
    p_context, v_since, null, jsonb_build_object('result', jsonb_build_object('deleted', v_deleted)));
end $$;
