-- Pauses or resumes a definition: only `is_active` changes. When it is resumed and its slot is free, the first PENDING run
-- starts.
--
-- Closes the race with an invoke: both hold the definition's lock.
--
-- Answers {"tenant_id", "dispatches", "work" (see `lease_work`)}, and "refused" when it refuses: unauthenticated, not_found, forbidden.
create or replace function public.change_definition_activity(
  p_credential jsonb, p_definition_id uuid, p_is_active boolean,
  p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz;
  v_judged jsonb;
begin
  -- 1. Lock the definition.
  perform public.lock_definition(p_credential, p_definition_id);
  v_now := clock_timestamp();

  -- 2. May the caller change it?
  v_judged := public.judge_definition_change(p_credential, p_definition_id);
  if v_judged ->> 'refused' in ('unauthenticated', 'not_found') then
    return (v_judged - '{user_id,role}'::text[]) || '{"dispatches": []}';
  end if;

  -- 3. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[p_definition_id], v_now);

  -- 4. Pause or resume.
  if not v_judged ? 'refused' then
    update public.workflow_definitions d
    set is_active = p_is_active, updated_at = v_now
    where d.id = p_definition_id and d.is_active <> p_is_active;
  end if;

  -- 5. Promote the next run.
  return (v_judged - '{user_id,role}'::text[]) || jsonb_build_object('dispatches',
    public.promote_next_runs(array[p_definition_id], v_now, p_grace_seconds, p_dispatch_lease_seconds),
    'work', public.lease_work(array[p_definition_id]));
end $$;
