-- Deletes up to `p_limit` runs that ended more than `p_days` ago, with their events. It goes from tenant to tenant. A run is kept for
-- at least as long as its idempotency key is in use.
--
-- It also deletes as many batches that ended more than `p_days` ago and have no runs any more, API keys that were revoked or expired
-- more than `p_days` ago, sessions of the dashboard that ended as long ago, and events of that age that are about no run, the oldest
-- first.
--
-- Guarantees: a run is deleted together with all of its events. That a user has had an API key remains known: see `may_be_invited`.
-- Closes the race with a retry: runs that another transaction has locked are skipped, and a run that was retried has not ended
-- any more, so it does not match. And the race with a change of a user or a key: the keys of users whom another transaction has locked are
-- skipped, too.
--
-- For `p_only` and `p_lists` see shared/rules/set_aside.sql.
--
-- Answers {"result": {"deleted": how many runs, "has_more": whether it has deleted `p_limit` of something else}}.
create or replace function public.delete_old_runs(
  p_context jsonb, p_days integer, p_limit integer, p_only uuid[] default null, p_lists boolean default false
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_ended_before timestamptz := clock_timestamp() - make_interval(days => p_days);
  v_created_before timestamptz := public.idempotency_cutoff(clock_timestamp());
  v_except constant uuid[] := public.set_aside_by('old_runs');
  v_run_ids uuid[];
  v_batch_ids uuid[];
  v_session_ids uuid[];
  v_key_ids uuid[];
  v_user_ids uuid[];
  v_event_ids bigint[];
begin
  v_key_ids := array(
    select k.id
    from public.api_keys k
    where least(k.revoked_at, k.expires_at) < v_ended_before and public.takes(k.id, p_only, v_except)
    order by least(k.revoked_at, k.expires_at)
    limit p_limit);
  -- Users, keys and the sessions of runners, which are deleted with their keys, come before runs: see the order of locks in
  -- ARCHITECTURE.md.
  v_user_ids := array(
    select u.id
    from public.users u
    where u.id = any (array(select k.user_id from public.api_keys k where k.id = any (v_key_ids)))
    for no key update skip locked);
  v_key_ids := array(
    select k.id
    from public.api_keys k
    where k.id = any (v_key_ids) and k.user_id = any (v_user_ids) and least(k.revoked_at, k.expires_at) < v_ended_before
    for update skip locked);
  if not p_lists then
    update public.users u set had_api_key = true
    where u.id = any (array(select k.user_id from public.api_keys k where k.id = any (v_key_ids))) and not u.had_api_key;
    delete from public.api_keys k where k.id = any (v_key_ids);
  end if;

  -- `tenant` goes from one tenant with an ended run to the next by the index, without reading the runs in between.
  with recursive tenant (id) as (
    (select r.tenant_id from public.workflow_runs r where r.completed_at is not null order by r.tenant_id limit 1)
    union all
    select (
      select r.tenant_id from public.workflow_runs r
      where r.completed_at is not null and r.tenant_id > tenant.id
      order by r.tenant_id limit 1)
    from tenant
    where tenant.id is not null
  ), wanting as (
    select tenant.id
    from tenant
    cross join lateral public.old_runs(tenant.id, v_ended_before, v_created_before, 1, null, '{}') old
  ), chosen as (
    select old.id, old.ended_after, row_number() over (partition by wanting.id order by old.ended_after) as round
    from wanting
    cross join lateral public.old_runs(wanting.id, v_ended_before, v_created_before,
      (select greatest(p_limit / nullif(count(*), 0), 1)::integer from wanting), p_only, v_except) old
  ), held as (
    select held.id
    from (select id from chosen order by round, ended_after limit p_limit) next
    cross join lateral (
      select r.id
      from public.workflow_runs r
      where r.id = next.id and r.completed_at < v_ended_before and r.created_at < v_created_before
      for update skip locked
    ) held
  ), deleted as (
    delete from public.workflow_runs r using held where r.id = held.id and not p_lists returning r.id
  )
  select coalesce(array_agg(taken.id), '{}') into v_run_ids
  from (select deleted.id from deleted union all select held.id from held where p_lists) taken;

  v_batch_ids := array(
    select old.id
    from public.run_batches old
    where old.ended_at < v_ended_before and old.created_at < v_created_before and not public.batch_has_runs(old.id)
      and public.takes(old.id, p_only, v_except)
    order by old.ended_at
    limit p_limit
    for update skip locked);

  v_session_ids := array(
    select old.id
    from public.sign_in_sessions old
    where least(old.ended_at, old.ends_at) < v_ended_before and public.takes(old.id, p_only, v_except)
    order by least(old.ended_at, old.ends_at)
    limit p_limit
    for update skip locked);
  if p_lists then
    return public.candidates_of(p_context, v_run_ids || v_batch_ids || v_key_ids || v_session_ids);
  end if;

  delete from public.run_batches b where b.id = any (v_batch_ids);
  delete from public.sign_in_sessions s where s.id = any (v_session_ids);

  -- Of the events without a run, the index by run has the oldest first, since ids are nearly in the order of time.
  v_event_ids := array(
    select old.id
    from (
      select e.id, e.at from public.workflow_run_events e where e.run_id is null order by e.run_id, e.id limit p_limit
    ) old
    where p_only is null and old.at < v_ended_before);
  delete from public.workflow_run_events e where e.id = any (v_event_ids);
  return public.answer_of(p_context, null, jsonb_build_object('result', jsonb_build_object(
    'deleted', cardinality(v_run_ids),
    'has_more', p_limit <= greatest(
      cardinality(v_key_ids), cardinality(v_batch_ids), cardinality(v_session_ids), cardinality(v_event_ids)))));
end $$;
