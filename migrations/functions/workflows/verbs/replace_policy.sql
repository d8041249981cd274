-- Replaces the policy of a definition: how its runs get to a runner, how many are RUNNING at the same time, how many may wait, what an
-- invoke does when it is busy, what happens when runs fail, who may run it if it has no outputs, which tags its runners need, which
-- workflows its runs may trigger, and the schema of their inputs, which the Worker has judged. A RUNNING run keeps its lease and its slot,
-- and a waiting run its place and its input. When there are more slots now, waiting runs start.
--
-- Closes the race with an invoke and with a lease: all of them hold the definition's lock. Idempotent.
--
-- `p_if_match` has the tags of the policy as the caller has seen it (see `policy_tag`). When it has changed since, nothing is changed; but a
-- policy that is the given one already is answered as if it was saved now, since the caller may have lost the answer to the same request.
--
-- Answers {"result": {"policy", "etag"}}, or "refused": changed (since the caller has seen it), may_trigger (with the "definition_ids" that
-- are no workflows which the caller may see), or see `lock_and_judge_definition_change`.
create or replace function public.replace_policy(
  p_context jsonb, p_definition_id uuid, p_handover text, p_lease_seconds integer, p_max_attempts integer, p_retry_on text[],
  p_max_running integer default 1, p_max_running_per_key integer default null, p_key_from text default null,
  p_when_busy text default 'queue', p_replace_grace_seconds integer default 0, p_max_queued integer default null,
  p_input_schema json default null, p_run_needs text default 'write', p_if_match text[] default null,
  p_runner_tags text[] default '{}', p_may_trigger uuid[] default '{}'
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  -- 1. Lock the definition, and judge the caller.
  v_judged constant jsonb := public.lock_and_judge_definition_change(p_context, p_definition_id);
  v_tenant_id constant uuid := v_judged ->> 'tenant_id';
  v_now timestamptz;
  v_before jsonb;
  v_is_seen boolean;
  v_unknown_ids uuid[];
  v_answer jsonb;
begin
  if v_judged ? 'refused' then
    return public.refusal_of(p_context, v_judged);
  end if;
  v_now := clock_timestamp();

  -- 2. End the overdue runs, if there are any.
  perform public.end_overdue_runs(array[p_definition_id], v_now);

  -- 3. Replace the policy, if it is the one that the caller has seen.
  v_is_seen := coalesce(public.policy_tag(p_definition_id) = any (p_if_match), true);
  -- One that was there already may have been deleted since.
  select array_agg(named.id) into v_unknown_ids
  from unnest(p_may_trigger) named (id)
  where not public.sees_definition_of(v_judged ->> 'role', v_tenant_id, (v_judged ->> 'user_id')::uuid, named.id)
    and not exists (select from public.workflow_definitions d where d.id = p_definition_id and named.id = any (d.may_trigger));
  if not v_is_seen and not exists (
    select from public.workflow_definitions d
    where d.id = p_definition_id
      and (d.handover, d.lease_seconds, d.max_attempts, d.retry_on, d.max_running, d.max_running_per_key, d.key_from, d.when_busy,
          d.replace_grace_seconds, d.max_queued, d.input_schema_hash, d.run_needs, d.runner_tags, d.may_trigger)
        is not distinct from (p_handover, p_lease_seconds, p_max_attempts, p_retry_on, p_max_running, p_max_running_per_key, p_key_from,
          p_when_busy, p_replace_grace_seconds, p_max_queued, public.json_hash(p_input_schema), p_run_needs, p_runner_tags, p_may_trigger)
  ) then
    v_answer := '{"refused": "changed"}';
  elsif v_unknown_ids is not null then
    v_answer := jsonb_build_object('refused', 'may_trigger', 'definition_ids', v_unknown_ids);
  else
    if v_is_seen then
      v_before := public.audited('workflow_definition', p_definition_id);
      update public.workflow_definitions d
      set handover = p_handover, lease_seconds = p_lease_seconds, max_attempts = p_max_attempts, retry_on = p_retry_on,
        max_running = p_max_running, max_running_per_key = p_max_running_per_key, key_from = p_key_from, when_busy = p_when_busy,
        replace_grace_seconds = p_replace_grace_seconds, max_queued = p_max_queued, input_schema = p_input_schema,
        input_schema_hash = public.json_hash(p_input_schema), run_needs = p_run_needs, runner_tags = p_runner_tags,
        may_trigger = p_may_trigger, updated_at = v_now
      where d.id = p_definition_id;
      perform public.audit_change(
        p_context, v_tenant_id, 'workflow_definition.policy_replaced', 'workflow_definition', p_definition_id, v_before);
    end if;
    v_answer := jsonb_build_object('result', jsonb_build_object(
      'policy', public.policy_response(p_definition_id), 'etag', public.policy_tag(p_definition_id)));
  end if;

  -- 4. Promote the next runs.
  perform public.promote_next_runs(p_context, array[p_definition_id], v_now);
  return public.answer_of(p_context, v_tenant_id, v_answer, case
    when v_answer ? 'result' then jsonb_build_object('others', true, 'definition_ids', jsonb_build_array(p_definition_id))
  end);
end $$;
