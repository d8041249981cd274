-- Claims up to `p_limit` due webhooks of stops. With a `p_tenant_id`, only that tenant's are claimed, those first that have been due
-- longest. Otherwise it goes from tenant to tenant, from `p_after` on: see `next_in_round`.
--
-- Guarantees: a due webhook is claimed by one caller at a time, and is due again when that caller dies.
-- Closes the race between two sweeps: each skips the rows that the other has locked.
--
-- For `p_only` and `p_lists` see shared/rules/set_aside.sql.
--
-- Answers {"result": {"stops": [in the form of `stop_dispatch_of`], "after": the position from which the next claim goes on}}. When it
-- claims none, none is due that may be sent now, of any tenant.
create or replace function public.claim_stop_dispatches(
  p_context jsonb, p_tenant_id uuid, p_limit integer, p_after uuid default null, p_only uuid[] default null,
  p_lists boolean default false
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_except constant uuid[] := public.set_aside_by('stops');
  v_now timestamptz := clock_timestamp();
  v_after uuid := p_after;
  -- True when the tenants from the first one on have been looked at.
  v_is_whole boolean := p_after is null;
  v_tenant_ids uuid[] := case when p_tenant_id = any (v_except) then '{}'::uuid[] else array[p_tenant_id] end;
  v_run_ids uuid[];
begin
  loop
    if p_tenant_id is null then
      select next.ids, next.after into v_tenant_ids, v_after from public.next_in_round('stops', v_after, v_now, p_limit) next;
    end if;
    with chosen as (
      select due.run_id, due.at, row_number() over (partition by tenant.id order by due.at) as round
      from unnest(v_tenant_ids) tenant (id)
      cross join lateral (
        select a.run_id, a.next_stop_dispatch_at as at
        from public.running_attempts a
        where a.tenant_id = tenant.id and a.next_stop_dispatch_at <= v_now and a.ends_at > v_now
          and public.takes(a.run_id, p_only, v_except)
        order by a.next_stop_dispatch_at
        limit p_limit
      ) due
    ), held as (
      select held.run_id
      from (select chosen.run_id from chosen order by chosen.round, chosen.at limit p_limit) next
      cross join lateral (
        select a.run_id
        from public.running_attempts a
        where a.run_id = next.run_id and a.next_stop_dispatch_at <= v_now and a.ends_at > v_now
        for update skip locked
      ) held
    ), claimed as (
      update public.running_attempts a
      set next_stop_dispatch_at = v_now + public.claim_time(),
        stop_dispatch_count = a.stop_dispatch_count + 1
      from held
      where a.run_id = held.run_id and not p_lists
      returning a.run_id
    )
    select array_agg(run_id) into v_run_ids
    from (select claimed.run_id from claimed union all select held.run_id from held where p_lists) taken;
    -- When it could claim nothing, it goes on until it has looked at all tenants, from the first to the last.
    exit when v_run_ids is not null or p_tenant_id is not null or (v_after is null and v_is_whole);
    v_is_whole := v_is_whole or v_after is null;
  end loop;
  if p_lists then
    return public.candidates_of(p_context, v_run_ids);
  end if;
  return public.answer_of(p_context, p_tenant_id, jsonb_build_object('result', jsonb_build_object(
    'after', v_after,
    'stops', coalesce((
      select jsonb_agg(public.stop_dispatch_of(claimed.run_id, v_now)) from unnest(v_run_ids) claimed (run_id)), '[]'))));
end $$;
