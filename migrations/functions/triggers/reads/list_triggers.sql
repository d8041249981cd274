-- The triggers of a definition that the caller may see, newest first.
--
-- Answers {"tenant_id", and either "items" and "total", or "refused"} (see `judge_definition_read`)
create or replace function public.list_triggers(p_credential jsonb, p_definition_id uuid, p_limit integer, p_offset bigint)
returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.judge_definition_read(p_credential, p_definition_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return v_judged || jsonb_build_object(
    'items', (
      select coalesce(jsonb_agg(public.trigger_response(page.id) order by page.created_at desc, page.id desc), '[]')
      from (
        select t.id, t.created_at
        from public.triggers t
        where t.workflow_definition_id = p_definition_id
        order by t.created_at desc, t.id desc
        limit p_limit offset p_offset
      ) page),
    'total', (select count(*) from public.triggers t where t.workflow_definition_id = p_definition_id));
end $$;
