-- Claims up to `p_limit` due webhooks of stops; those that have been due longest come first. With a `p_tenant_id`,
-- only that tenant's are claimed.
--
-- Guarantees: a due webhook is claimed by one caller at a time, and is due again when that caller dies.
-- Closes the race between two sweeps: each skips the rows that the other has locked.
--
-- Answers {"result": {"stops": [in the form of `stop_dispatch_of`]}}.
create or replace function public.claim_stop_dispatches(p_context jsonb, p_tenant_id uuid, p_limit integer) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_since constant bigint := public.last_event_id();
  v_now timestamptz := clock_timestamp();
  v_run_ids uuid[];
begin
  with held as (
    select a.run_id
    from public.running_attempts a
    where a.next_stop_dispatch_at <= v_now and a.ends_at > v_now and (p_tenant_id is null or a.tenant_id = p_tenant_id)
    order by a.next_stop_dispatch_at
    limit p_limit
    for update skip locked
  ), claimed as (
    update public.running_attempts a
    set next_stop_dispatch_at = v_now + public.claim_time(),
      stop_dispatch_count = a.stop_dispatch_count + 1
    from held
    where a.run_id = held.run_id
    returning a.run_id
  )
  select array_agg(run_id) into v_run_ids from claimed;
  return public.answer_of(p_context, v_since, p_tenant_id, jsonb_build_object('result', jsonb_build_object('stops', coalesce((
    select jsonb_agg(public.stop_dispatch_of(claimed.run_id, v_now)) from unnest(v_run_ids) claimed (run_id)), '[]'))));
end $$;
