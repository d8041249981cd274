-- Reads a trigger that the caller may see.
--
-- Answers {"tenant_id", and either "refused" (see `judge_trigger_read`) or "trigger" and "now"}.
create or replace function public.find_trigger(p_credential jsonb, p_trigger_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.judge_trigger_read(p_credential, p_trigger_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return v_judged || jsonb_build_object(
    'trigger', public.trigger_response(p_trigger_id), 'now', public.wire_instant(statement_timestamp()));
end $$;
