-- What is needed to compute a backfill of a trigger that the caller may change: its schedule and version, and the instants of the range
-- that have fired, as far as their firings are kept.
--
-- Answers {"tenant_id", and either "schedule", "version", "now" and "fired": [instant], or "refused"}: forbidden (no write on the
-- definition), no_schedule (the trigger has none), and see `judge_trigger_read`
create or replace function public.find_backfill(
  p_credential jsonb, p_trigger_id uuid, p_from timestamptz, p_until timestamptz
) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.judge_trigger_read(p_credential, p_trigger_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return (
    select v_judged || case
      when not public.may_change_definition(
        v_judged ->> 'role', t.tenant_id, (v_judged ->> 'user_id')::uuid, t.workflow_definition_id) then '{"refused": "forbidden"}'
      when t.kind <> 'schedule' then '{"refused": "no_schedule"}'
      else jsonb_build_object(
        'schedule', t.config, 'version', t.version, 'now', public.wire_instant(statement_timestamp()), 'fired', (
          select coalesce(jsonb_agg(f.occasion), '[]')
          from public.trigger_firings f
          where f.trigger_id = t.id and f.outcome = 'FIRED'
            and f.occasion >= public.wire_instant(p_from) and f.occasion < public.wire_instant(p_until)))
    end
    from public.triggers t
    where t.id = p_trigger_id);
end $$;
