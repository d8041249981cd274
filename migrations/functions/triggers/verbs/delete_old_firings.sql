-- Deletes up to `p_limit` firings that are older than `p_days`, and older than seven days, but for those that are ahead of their
-- schedule (`is_ahead`). When more than 1,000 of a trigger are kept, `record_firing` deletes the others.
--
-- Closes the race with another sweep: rows that others have locked are skipped. Idempotent.
--
-- For `p_only` and `p_lists` see shared/rules/set_aside.sql.
--
-- Answers {"result": {"deleted": how many were deleted}}.
create or replace function public.delete_old_firings(
  p_context jsonb, p_days integer, p_limit integer, p_only uuid[] default null, p_lists boolean default false
) returns jsonb
language plpgsql as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_before constant timestamptz := v_now - make_interval(days => greatest(p_days, 7));
  v_except constant uuid[] := public.set_aside_by('old_firings');
  v_ids uuid[];
begin
  v_ids := array(
    select f.id
    from public.trigger_firings f
    where f.at < v_before and public.takes(f.id, p_only, v_except) and not public.is_ahead(f, v_now)
    order by f.at
    limit p_limit
    for update skip locked);
  if p_lists then
    return public.candidates_of(p_context, v_ids);
  end if;
  delete from public.trigger_firings f where f.id = any (v_ids);
  return public.answer_of(p_context, null, jsonb_build_object('result', jsonb_build_object('deleted', cardinality(v_ids))));
end $$;
