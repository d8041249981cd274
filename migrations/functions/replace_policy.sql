-- Replaces the policy of a definition: how its runs get to a runner, and what happens when they fail. A RUNNING run keeps its
-- lease; the new policy applies from the next run on.
--
-- Closes the race with an invoke and with a lease: all of them hold the definition's lock. Idempotent.
--
-- Answers {"tenant_id", "dispatches", "work" (see `lease_work`), and either "policy" or "refused"}, where `refused` is one of:
--   unauthenticated, not_found, forbidden
create or replace function public.replace_policy(
  p_credential jsonb, p_definition_id uuid, p_handover text, p_lease_seconds integer, p_max_attempts integer,
  p_retry_on text[], p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz;
  v_judged jsonb;
  v_answer jsonb;
begin
  -- 1. Lock the definition.
  perform public.lock_definition(p_credential, p_definition_id);
  v_now := clock_timestamp();

  -- 2. May the caller change it?
  v_judged := public.judge_definition_change(p_credential, p_definition_id);
  v_answer := v_judged - '{user_id,role}'::text[];
  if v_judged ->> 'refused' in ('unauthenticated', 'not_found') then
    return v_answer || '{"dispatches": []}';
  end if;

  -- 3. End the overdue run, if there is one.
  perform public.end_overdue_runs(array[p_definition_id], v_now);

  -- 4. Replace the policy.
  if not v_judged ? 'refused' then
    update public.workflow_definitions d
    set handover = p_handover, lease_seconds = p_lease_seconds, max_attempts = p_max_attempts, retry_on = p_retry_on,
      updated_at = v_now
    where d.id = p_definition_id;
    v_answer := v_answer || jsonb_build_object('policy', public.policy_response(p_definition_id));
  end if;

  -- 5. Promote the next run.
  return v_answer || jsonb_build_object('dispatches',
    public.promote_next_runs(array[p_definition_id], v_now, p_grace_seconds, p_dispatch_lease_seconds),
    'work', public.lease_work(array[p_definition_id]));
end $$;

-- The policy of a definition as the API shows it; null when there is no such definition.
create or replace function public.policy_response(p_definition_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object('handover', d.handover, 'lease_seconds', d.lease_seconds, 'max_attempts', d.max_attempts,
      'retry_on', d.retry_on)
    from public.workflow_definitions d
    where d.id = p_definition_id);
end $$;

-- Reads the policy of a definition that the caller may see.
--
-- Answers {"tenant_id", "policy"}, or "refused": unauthenticated, not_found.
create or replace function public.find_policy(p_credential jsonb, p_definition_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  if not exists (
      select from public.workflow_definitions d where d.tenant_id = v_tenant_id and d.id = p_definition_id)
    or not public.may_see_definition(v_role, v_tenant_id, v_user_id, p_definition_id) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'refused', 'not_found');
  end if;
  return jsonb_build_object('tenant_id', v_tenant_id, 'policy', public.policy_response(p_definition_id));
end $$;
