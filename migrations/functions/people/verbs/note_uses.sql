-- Notes that these credentials were used in this hour: API keys by their hashes, runner keys also by the sessions of their runners, and
-- sessions of the dashboard, with the logins that they began with. Only the first note of an hour writes anything. It writes the beginning of
-- the hour, or that of the credential if that is later.
--
-- Closes the race with another isolate that notes the same: rows that others have locked are skipped. Idempotent.
--
-- Answers {"result": {"large_tenant_ids": the tenants that have large rate limits}}: see `set_limits`. They are in this answer because each
-- isolate calls this once an hour anyway, so that they need no request of their own.
create or replace function public.note_uses(
  p_context jsonb, p_key_hashes text[], p_runner_session_ids uuid[], p_session_ids uuid[]
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_hour constant timestamptz := date_trunc('hour', clock_timestamp());
begin
  with used as (
    select k.id
    from public.api_keys k
    where k.id in (
        select used.id from public.api_keys used
        where used.key_hash in (select decode(given.hash, 'hex') from unnest(p_key_hashes) given (hash))
        union all
        select s.api_key_id from public.runner_sessions s where s.id = any (p_runner_session_ids))
      and (k.last_used_at is null or k.last_used_at < v_hour)
    for no key update skip locked
  )
  update public.api_keys k set last_used_at = greatest(v_hour, k.created_at) from used where k.id = used.id;

  with used as (
    select l.id
    from public.logins l
    where l.id in (select s.login_id from public.sign_in_sessions s where s.id = any (p_session_ids))
      and (l.last_used_at is null or l.last_used_at < v_hour)
    for no key update skip locked
  )
  update public.logins l set last_used_at = greatest(v_hour, l.created_at) from used where l.id = used.id;

  with used as (
    select s.id
    from public.sign_in_sessions s
    where s.id = any (p_session_ids) and s.last_used_at < v_hour
    for no key update skip locked
  )
  update public.sign_in_sessions s set last_used_at = greatest(v_hour, s.began_at) from used where s.id = used.id;
  return public.answer_of(p_context, null, jsonb_build_object('result', jsonb_build_object(
    'large_tenant_ids', array(select t.id from public.tenants t where t.limits <> 'default'))));
end $$;
