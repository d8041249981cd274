-- Records that runners have accepted dispatches: [{"run_id", "tenant_id", "attempt", "status": the HTTP status}].
--
-- Guarantees: an acceptance is recorded together with its event, or not at all. An acceptance for an older attempt, or for a
-- run that has ended, changes nothing.
-- Closes the race with a verb that changes the run without ending it, such as a stop with a grace: a call with one acceptance waits for the
-- row of the run, and judges it after that. A call with several waits for nobody, since it would hold the runs of other tenants meanwhile,
-- and could wait for a verb that waits for one of them. It leaves out the runs that others have locked. The Worker calls it again for each
-- of these.
--
-- Answers {"result": {"accepted": how many of them were recorded, "left": [ids of the runs that were left out]}}.
create or replace function public.record_acceptances(p_context jsonb, p_acceptances jsonb) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_waits constant boolean := jsonb_array_length(p_acceptances) = 1;
  v_now timestamptz := clock_timestamp();
  v_acceptance jsonb;
  v_run_id uuid;
  v_definition_id uuid;
  v_counts boolean;
  v_run_status text;
  v_deadline_at timestamptz;
  v_ends_at timestamptz;
  v_changed jsonb := '[]';
  v_left jsonb := '[]';
begin
  for v_place in 0 .. jsonb_array_length(p_acceptances) - 1 loop
    v_acceptance := p_acceptances -> v_place;
    v_run_id := v_acceptance ->> 'run_id';
    if v_waits then
      select r.workflow_definition_id, r.attempt = (v_acceptance ->> 'attempt')::integer and r.next_dispatch_at is not null, r.status,
        r.deadline_at
      into v_definition_id, v_counts, v_run_status, v_deadline_at
      from public.workflow_runs r
      where r.id = v_run_id and r.tenant_id = (v_acceptance ->> 'tenant_id')::uuid
      for update;
      v_now := clock_timestamp();
    else
      select r.workflow_definition_id, r.attempt = (v_acceptance ->> 'attempt')::integer and r.next_dispatch_at is not null, r.status,
        r.deadline_at
      into v_definition_id, v_counts, v_run_status, v_deadline_at
      from public.workflow_runs r
      where r.id = v_run_id and r.tenant_id = (v_acceptance ->> 'tenant_id')::uuid
      for update skip locked;
    end if;
    if v_counts is null and not v_waits then
      v_left := v_left || to_jsonb(v_run_id);
    elsif v_counts then
      v_ends_at := public.run_ends_at(v_run_id, v_run_status, v_deadline_at);
      if v_ends_at > v_now and public.note_taken(v_run_id, v_now, (v_acceptance ->> 'status')::integer) then
        v_changed := v_changed || public.changed_run((v_acceptance ->> 'tenant_id')::uuid, v_run_id, v_definition_id, false, v_ends_at);
      end if;
    end if;
  end loop;
  return public.answer_with(p_context, null, jsonb_build_object('result', jsonb_build_object(
    'accepted', jsonb_array_length(v_changed), 'left', v_left)), v_changed);
end $$;
