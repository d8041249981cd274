-- What has failed in a sweep is set aside, so that it stops nothing else. A verb that works on a chunk takes two parameters for that:
--   p_only   it works on these candidates only. The Worker halves a chunk that failed, until it has found the rows that fail.
--   p_lists  it does nothing, and answers which candidates it would work on: see `candidates_of`
-- The Worker then calls `set_aside_failures`, and until a row's instant has come, no chunk has that row.

-- The rows that a step of the sweep leaves out now. A step that is set aside as a whole has the nil UUID, which no row has.
create or replace function public.set_aside_by(p_step text) returns uuid[]
language sql stable as $$
  select coalesce(array_agg(s.row_id), '{}') from public.set_aside s where s.step = p_step and s.until > statement_timestamp()
$$;

-- True when a chunk has this candidate.
create or replace function public.takes(p_id uuid, p_only uuid[], p_except uuid[]) returns boolean
language sql immutable as $$
  select (p_only is null or p_id = any (p_only)) and p_id <> all (p_except)
$$;

-- The answer of a verb with `p_lists`: {"result": {"candidates": [{"id", "tenant_id"}]}}. The ids are those of definitions, runs,
-- notifications, firings, batches, API keys or sessions of the dashboard.
create or replace function public.candidates_of(p_context jsonb, p_since bigint, p_ids uuid[]) returns jsonb
language plpgsql as $$
begin
  return public.answer_of(p_context, p_since, null, jsonb_build_object('result', jsonb_build_object('candidates', (
    select coalesce(jsonb_agg(jsonb_build_object('id', given.id, 'tenant_id', coalesce(
      (select d.tenant_id from public.workflow_definitions d where d.id = given.id),
      (select r.tenant_id from public.workflow_runs r where r.id = given.id),
      (select n.tenant_id from public.notifications n where n.id = given.id),
      (select f.tenant_id from public.trigger_firings f where f.id = given.id),
      (select b.tenant_id from public.run_batches b where b.id = given.id),
      (select k.tenant_id from public.api_keys k where k.id = given.id),
      (select s.tenant_id from public.sign_in_sessions s where s.id = given.id)))), '[]')
    from unnest(p_ids) given (id)))));
end $$;
