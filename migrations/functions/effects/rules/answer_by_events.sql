-- The answer of a verb that does not know which runs it has changed: the events of the transaction say which runs these are. They are found
-- in the index of the feed. A verb about several tenants gives their ids, and no `p_tenant_id`.
create or replace function public.answer_of(
  p_context jsonb, p_tenant_id uuid, p_answer jsonb, p_told jsonb default null, p_tenant_ids uuid[] default null
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_sends constant boolean := coalesce((p_context ->> 'sends')::boolean, false);
  v_now constant timestamptz := clock_timestamp();
  v_changed jsonb;
begin
  if pg_current_xact_id_if_assigned() is not null then
    v_changed := (
      select jsonb_agg(case
        -- An event without a run counts as a change of an unknown run, so that listeners to the whole tenant hear of it. It may be about
        -- a trigger, whose next instant may have changed.
        when run.id is null then
          public.changed_run(changed.tenant_id, changed.tenant_id, changed.tenant_id, false, public.triggers_due_at(changed.tenant_id))
        else
          public.changed_run(run.tenant_id, run.id, run.workflow_definition_id, run.has_ended, least(run.ends_at,
              case when not sent.is_sent then run.next_dispatch_at end, case when not sent.stop_is_sent then run.next_stop_at end),
            sent.is_sent)
          || jsonb_build_object('stop_is_sent', sent.stop_is_sent)
      end)
      from (
        select e.tenant_id, e.run_id, bool_or(e.type = 'STARTED') as has_started, bool_or(e.type = 'STOP_REQUESTED') as has_stop
        from public.workflow_run_events e
        where e.tenant_id = any (coalesce(p_tenant_ids, array[p_tenant_id]))
          and e.epoch = (select current.epoch from public.event_epoch current) and e.xid = pg_current_xact_id_if_assigned()
        group by e.tenant_id, e.run_id
      ) changed
      left join lateral public.run_with_due(changed.run_id) run on true
      cross join lateral (
        select coalesce(v_sends and changed.has_started and run.next_dispatch_at > v_now, false) as is_sent,
          coalesce(v_sends and changed.has_stop and run.next_stop_at > v_now, false) as stop_is_sent
      ) sent);
    if jsonb_array_length(v_changed) > public.most_sent() then
      v_changed := public.leave_to_sweep(v_changed, v_now);
    end if;
  end if;
  -- Of a run that has events, too, these say more. What is told last of a run counts.
  if p_told ? 'changed_runs' then
    v_changed := (p_told -> 'changed_runs') || coalesce(v_changed, '[]');
  end if;
  return public.answer_with(p_context, p_tenant_id, p_answer, v_changed, p_told);
end $$;

-- Of these changed runs, the Worker that asks sends the dispatches and stops of `most_sent`. Those of the others are made due.
create or replace function public.leave_to_sweep(p_changed jsonb, p_now timestamptz) returns jsonb
language plpgsql as $$
declare
  v_changed jsonb := '[]';
  v_row jsonb;
  v_dispatches integer := 0;
  v_stops integer := 0;
begin
  for v_row in select changed.value from jsonb_array_elements(p_changed) changed (value) loop
    if (v_row ->> 'is_sent')::boolean then
      v_dispatches := v_dispatches + 1;
      if v_dispatches > public.most_sent() then
        update public.workflow_runs r
        set next_dispatch_at = p_now, dispatch_count = r.dispatch_count - 1
        where r.id = (v_row #>> '{run,run_id}')::uuid;
        v_row := v_row || jsonb_build_object('is_sent', false, 'due_at', p_now);
      end if;
    end if;
    if (v_row ->> 'stop_is_sent')::boolean then
      v_stops := v_stops + 1;
      if v_stops > public.most_sent() then
        update public.running_attempts a
        set next_stop_dispatch_at = p_now, stop_dispatch_count = a.stop_dispatch_count - 1
        where a.run_id = (v_row #>> '{run,run_id}')::uuid;
        v_row := v_row || jsonb_build_object('stop_is_sent', false, 'due_at', p_now);
      end if;
    end if;
    v_changed := v_changed || jsonb_build_array(v_row);
  end loop;
  return v_changed;
end $$;

-- The answer of a verb whose caller was judged and refused. Of what the judgement says, the answer has the tenant and the reason.
create or replace function public.refusal_of(p_context jsonb, p_judged jsonb) returns jsonb
language plpgsql as $$
begin
  return public.answer_of(p_context, (p_judged ->> 'tenant_id')::uuid, jsonb_build_object('refused', p_judged -> 'refused'));
end $$;
