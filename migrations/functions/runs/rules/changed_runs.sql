-- The runs that a verb has changed, as `answer_with` takes them: [{"tenant_id", "run", "due_at", "is_sent"?, "stop_is_sent"?}]. The rules
-- that change runs return them, from the rows that they have written, and null when they have changed none. Of two about the same run,
-- the later one counts.
--   run      {"run_id", "workflow_definition_id", "has_ended"}; has_ended: also when it was just suspended, for which those wait, too, who
--            wait for its end
--   due_at   when something of the run is due that the Worker that asks does not send; null when nothing is
--   is_sent, stop_is_sent   true when it sends the run's dispatch, or the webhook of its stop. It has claimed that.

create or replace function public.changed_run(
  p_tenant_id uuid, p_run_id uuid, p_definition_id uuid, p_has_ended boolean, p_due_at timestamptz, p_is_sent boolean default false
) returns jsonb
language sql stable as $$
  select jsonb_build_object('tenant_id', p_tenant_id, 'due_at', p_due_at, 'is_sent', p_is_sent, 'run', jsonb_build_object(
    'run_id', p_run_id, 'workflow_definition_id', p_definition_id, 'has_ended', p_has_ended))
$$;

-- A run that has started, to be sent to its runner.
create or replace function public.started_run(
  p_tenant_id uuid, p_run_id uuid, p_definition_id uuid, p_deadline_at timestamptz, p_next_dispatch_at timestamptz, p_is_sent boolean
) returns jsonb
language sql stable as $$
  select public.changed_run(p_tenant_id, p_run_id, p_definition_id, false,
    least(p_deadline_at, case when p_is_sent is not true then p_next_dispatch_at end), p_is_sent)
$$;

-- How many dispatches and stops of one call the Worker that asks sends. Further ones are due at once: the sweep sends them to several
-- runners at the same time.
create or replace function public.most_sent() returns integer
language sql immutable as $$
  select 20
$$;

-- What there is to tell of these runs, of which the caller does not know all. What was claimed is due at the end of its claim.
create or replace function public.changed_runs(p_run_ids uuid[]) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_agg(public.changed_run(run.tenant_id, run.id, run.workflow_definition_id, run.has_ended,
      least(run.ends_at, run.next_dispatch_at, run.next_stop_at)))
    from unnest(p_run_ids) changed (id)
    cross join lateral public.run_with_due(changed.id) run);
end $$;

-- A run, and when something of it is due: one row, or none for a run that was deleted.
--   ends_at           its end by time, or the instant at which it joins its queue
--   next_dispatch_at  its dispatch
--   next_stop_at      the webhook of a stop
create or replace function public.run_with_due(p_run_id uuid)
returns table (
  id uuid, tenant_id uuid, workflow_definition_id uuid, has_ended boolean, ends_at timestamptz, next_dispatch_at timestamptz,
  next_stop_at timestamptz
)
language sql stable as $$
  select r.id, r.tenant_id, r.workflow_definition_id, r.status in ('COMPLETED', 'FAILED'),
    least(case when r.status in ('PENDING', 'RUNNING') then r.deadline_at end, r.not_before, a.ends_at), r.next_dispatch_at,
    a.next_stop_dispatch_at
  from public.workflow_runs r
  left join lateral (
    select a.ends_at, a.next_stop_dispatch_at from public.running_attempts a
    where a.run_id = r.id and r.status = 'RUNNING'
    limit 1
  ) a on true
  where r.id = p_run_id
  limit 1
$$;
