-- Deletes up to `p_limit` rows of the audit log that are older than `p_days`: see `remove_audit_events`.
--
-- Closes the race with another sweep: rows that others have locked are skipped. Idempotent.
--
-- For `p_only` and `p_lists` see shared/rules/set_aside.sql.
--
-- Answers {"result": {"deleted": how many}}.
create or replace function public.delete_old_audit_events(
  p_context jsonb, p_days integer, p_limit integer, p_only uuid[] default null, p_lists boolean default false
) returns jsonb
language plpgsql as $$
declare
  v_except constant uuid[] := public.set_aside_by('old_audit_events');
  v_candidates jsonb;
  v_deleted integer;
begin
  if p_lists then
    select coalesce(jsonb_agg(jsonb_build_object('id', old.id, 'tenant_id', old.tenant_id)), '[]') into v_candidates
    from public.old_audit_events(p_days, p_limit, p_only, v_except) old;
    return public.answer_of(p_context, null, jsonb_build_object('result', jsonb_build_object('candidates', v_candidates)));
  end if;
  v_deleted := public.remove_audit_events(p_days, p_limit, p_only, v_except);
  return public.answer_of(p_context, null, jsonb_build_object('result', jsonb_build_object('deleted', v_deleted)));
end $$;
