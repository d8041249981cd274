-- Notes that somebody has seen the failures of a definition that are alike, with a text for the others. It holds for all of them, until one
-- comes after a run was COMPLETED: see `alike_failures`.
--
-- Idempotent: the last note takes the place of the one before.
--
-- Answers {"result": {}}, or "refused": see `lock_and_judge_definition_change`.
create or replace function public.mark_failure_seen(
  p_context jsonb, p_definition_id uuid, p_failure_code text, p_fingerprint text, p_note text
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_definition_change(p_context, p_definition_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;

  -- 2. Note it.
  insert into public.seen_failures (tenant_id, workflow_definition_id, failure_code, fingerprint, user_id, note, seen_at)
  values (v_tenant_id, p_definition_id, p_failure_code, p_fingerprint, (v_judged ->> 'user_id')::uuid, p_note, clock_timestamp())
  on conflict (workflow_definition_id, failure_code, fingerprint)
    do update set user_id = excluded.user_id, note = excluded.note, seen_at = excluded.seen_at;
  perform public.audit_act(p_context, v_tenant_id, 'workflow_definition.failure_seen', 'workflow_definition', p_definition_id,
    jsonb_build_object('failure_code', p_failure_code, 'fingerprint', p_fingerprint, 'note', p_note));
  return public.answer_of(p_context, v_tenant_id, '{"result": {}}', '{"others": true}');
end $$;
