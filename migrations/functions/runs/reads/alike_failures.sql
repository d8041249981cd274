-- The failures of the last days that are alike, the one that happened last first: up to `p_limit` rows, of up to 2,000 of the newest FAILED
-- runs that were triggered since `p_since` and that the caller may see.
--   runs                        how many
--   first_at, last_at           when the first and the last of them ended
--   example_id, example_error   the last of them
--   seen                        {"note", "user_name", "at"} of who has seen it, for who may see the workflow; null when nobody has, or when it
--                               has come again after a run of the workflow that was triggered since was COMPLETED
create or replace function public.alike_failures(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_since timestamptz, p_now timestamptz, p_limit integer
) returns table (
  definition_id uuid, workflow_name text, failure_code text, fingerprint text, runs bigint, first_at timestamptz, last_at timestamptz,
  example_id uuid, example_error text, seen jsonb
)
language plpgsql stable as $$
declare
  c_window constant integer := 2000;
  v_readable constant uuid[] := array(
    select definition.id from public.readable_definitions(p_role, p_tenant_id, p_user_id) definition);
begin
  return query
  with failed as (
    select r.id, r.workflow_definition_id, r.run_snapshot ->> 'workflow_name' as name, r.failure_code, r.error, r.completed_at,
      public.error_fingerprint(r.error) as fingerprint
    from public.fitting_rows(p_tenant_id, '{"states": ["FAILED", "RUNNING", "PENDING"], "is_ended": true}', p_since,
      'ffffffff-ffff-ffff-ffff-ffffffffffff', 'infinity', '00000000-0000-0000-0000-000000000000', true, c_window) newest
    cross join lateral public.fitting_run(newest.id, '{"statuses": ["FAILED"]}', '{}', p_role, p_user_id, v_readable, p_now) r
  ), alike as (
    select f.workflow_definition_id, f.failure_code, f.fingerprint, count(*) as runs, min(f.completed_at) as first_at,
      max(f.completed_at) as last_at, (array_agg(f.id order by f.completed_at desc, f.id))[1] as example_id
    from failed f
    group by f.workflow_definition_id, f.failure_code, f.fingerprint
    order by max(f.completed_at) desc
    limit p_limit
  )
  select a.workflow_definition_id, f.name, a.failure_code, a.fingerprint, a.runs, a.first_at, a.last_at, f.id, f.error, (
    select jsonb_build_object('note', s.note, 'at', public.wire_instant(s.seen_at), 'user_name', (
      select public.display_name(u.first_name, u.last_name, u.email, u.id) from public.users u where u.id = s.user_id))
    from public.seen_failures s
    where s.workflow_definition_id = a.workflow_definition_id and s.failure_code = a.failure_code and s.fingerprint = a.fingerprint
      and (public.is_administrator(p_role) or s.workflow_definition_id = any (v_readable))
      and not exists (
        select from public.workflow_runs c
        where a.last_at > s.seen_at and c.tenant_id = p_tenant_id and c.workflow_definition_id = a.workflow_definition_id
          and c.status = 'COMPLETED' and c.created_at > s.seen_at and c.completed_at < a.last_at))
  from alike a
  join failed f on f.id = a.example_id
  order by a.last_at desc, a.example_id;
end $$;
