-- What a person sees of many runs before they are changed together: {"asked_at", "runs", "workflows"}.
--   asked_at   the instant `p_now`
--   runs       the five newest: [{"id", "workflow_name", "user_name", "trigger_name", "status", "created_at"}]
--   workflows  how many runs each workflow has, the one with the most first: [{"id", "name", "runs"}]. The name is that of its newest run.
create or replace function public.preview_of_runs(p_run_ids uuid[], p_now timestamptz) returns jsonb
language plpgsql stable as $$
declare
  c_shown constant integer := 5;
begin
  return jsonb_build_object(
    'asked_at', public.wire_instant(p_now),
    'runs', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', r.id, 'workflow_name', r.run_snapshot ->> 'workflow_name', 'trigger_name', r.triggered_by ->> 'trigger_name',
        'user_name', (
          select public.display_name(u.first_name, u.last_name, u.email, u.id) from public.users u where u.id = r.user_id),
        'status', seen.status, 'created_at', public.wire_instant(r.created_at)) order by r.created_at desc, r.id desc)
      from (
        select newest.* from public.workflow_runs newest where newest.id = any (p_run_ids)
        order by newest.created_at desc, newest.id desc
        limit c_shown
      ) r
      cross join lateral public.run_as_seen(r, p_now) seen), '[]'),
    'workflows', coalesce((
      select jsonb_agg(jsonb_build_object('id', counted.id, 'name', counted.name, 'runs', counted.runs)
        order by counted.runs desc, counted.name, counted.id)
      from (
        select r.workflow_definition_id as id, count(*) as runs,
          (array_agg(r.run_snapshot ->> 'workflow_name' order by r.created_at desc, r.id desc))[1] as name
        from public.workflow_runs r
        where r.id = any (p_run_ids)
        group by r.workflow_definition_id
      ) counted), '[]'));
end $$;
