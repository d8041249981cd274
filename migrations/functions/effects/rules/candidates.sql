-- The answer of a verb with `p_lists`: {"result": {"candidates": [{"id", "tenant_id"}]}}. The ids are those of definitions, runs,
-- notifications, firings, batches, API keys, sessions of the dashboard, signals or tenants.
create or replace function public.candidates_of(p_context jsonb, p_ids uuid[]) returns jsonb
language plpgsql as $$
begin
  return public.answer_of(p_context, null, jsonb_build_object('result', jsonb_build_object('candidates', (
    select coalesce(jsonb_agg(jsonb_build_object('id', given.id, 'tenant_id', coalesce(
      (select d.tenant_id from public.workflow_definitions d where d.id = given.id),
      (select r.tenant_id from public.workflow_runs r where r.id = given.id),
      (select n.tenant_id from public.notifications n where n.id = given.id),
      (select f.tenant_id from public.trigger_firings f where f.id = given.id),
      (select b.tenant_id from public.run_batches b where b.id = given.id),
      (select k.tenant_id from public.api_keys k where k.id = given.id),
      (select s.tenant_id from public.sign_in_sessions s where s.id = given.id),
      (select s.tenant_id from public.kept_signals s where s.id = given.id),
      (select t.id from public.tenants t where t.id = given.id)))), '[]')
    from unnest(p_ids) given (id)))));
end $$;
