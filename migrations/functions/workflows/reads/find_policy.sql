-- Reads the policy of a definition that the caller may see.
--
-- Answers {"tenant_id", and either "policy" and its "etag" or "refused"} (see `judge_definition_read`)
create or replace function public.find_policy(p_credential jsonb, p_definition_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.judge_definition_read(p_credential, p_definition_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return v_judged || jsonb_build_object(
    'policy', public.policy_response(p_definition_id), 'etag', public.policy_tag(p_definition_id));
end $$;
