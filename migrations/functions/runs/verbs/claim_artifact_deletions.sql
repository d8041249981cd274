-- Claims up to `p_limit` objects that are to be deleted from the bucket, those that have waited longest first, for ten minutes. Before
-- that, it deletes the rows of up to `p_limit` reservations that have ended and, with `p_days`, of up to `p_limit` files that were stored
-- more than `p_days` ago.
--
-- Guarantees: an object of which `record_artifact_deletions` is not called within ten minutes is taken again.
-- Closes the race with another sweep: rows that others have locked are skipped. Closes the race with a commit: a reservation that has
-- ended is not committed any more.
--
-- For `p_only` and `p_lists` see shared/rules/set_aside.sql.
--
-- Answers {"result": {"keys"}}.
create or replace function public.claim_artifact_deletions(
  p_context jsonb, p_days integer, p_limit integer, p_only uuid[] default null, p_lists boolean default false
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_except constant uuid[] := public.set_aside_by('artifacts');
  v_candidates jsonb;
  v_keys text[];
begin
  with reserved as (
    select old.tenant_id, old.run_id, old.id
    from public.workflow_run_artifacts old
    where old.stored_at is null and old.created_at <= v_now - public.artifact_reservation()
      and public.takes(old.id, p_only, v_except)
    order by old.created_at
    limit p_limit
    for update skip locked
  ), stored as (
    select old.tenant_id, old.run_id, old.id
    from public.workflow_run_artifacts old
    where old.stored_at < v_now - make_interval(days => p_days) and public.takes(old.id, p_only, v_except)
    order by old.stored_at
    limit p_limit
    for update skip locked
  ), ended as (
    select * from reserved union all select * from stored
  ), deleted as (
    delete from public.workflow_run_artifacts a using ended where a.run_id = ended.run_id and a.id = ended.id and not p_lists
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', ended.id, 'tenant_id', ended.tenant_id)), '[]') into v_candidates from ended;
  if p_lists then
    return public.answer_of(p_context, null, jsonb_build_object('result', jsonb_build_object('candidates', v_candidates)));
  end if;

  -- The clock is read again, since the objects of the rows that were just deleted are due when the trigger has read it, after `v_now`.
  with due as (
    select d.key from public.artifact_deletions d where d.due_at <= clock_timestamp() and p_only is null order by d.due_at limit p_limit
    for update skip locked
  ), claimed as (
    update public.artifact_deletions d set due_at = v_now + interval '10 minutes' from due where d.key = due.key returning d.key
  )
  select coalesce(array_agg(claimed.key), '{}') into v_keys from claimed;
  return public.answer_of(p_context, null, jsonb_build_object('result', jsonb_build_object('keys', v_keys)));
end $$;
