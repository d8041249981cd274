-- Records that objects are not in the bucket any more. Idempotent.
--
-- Answers {"result": {}}.
create or replace function public.record_artifact_deletions(p_context jsonb, p_keys text[]) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
  delete from public.artifact_deletions d where d.key = any (p_keys);
  return public.answer_of(p_context, null, '{"result": {}}');
end $$;
