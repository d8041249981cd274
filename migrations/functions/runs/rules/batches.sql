-- Batches: the runs of a definition that one request has triggered together. How a batch stands is derived from its runs. Only its
-- end is stored, once, so that a later retry by a person does not reopen it. Whatever ends or deletes a run that has a batch calls
-- `end_batches`, in the same transaction. `trigger_batch` makes the snapshot once and inserts all runs as PENDING, then promotes once.

-- How a batch stands at an instant: one row. `open` are the runs that wait or run, and those that have ended by time and will be
-- retried when that is recorded. The run `p_without_run_id` is left out.
create or replace function public.count_batch(p_batch_id uuid, p_now timestamptz, p_without_run_id uuid default null)
returns table (
  pending bigint, running bigint, completed bigint, failed bigint, open bigint, last_ended_at timestamptz
)
language plpgsql stable as $$
begin
  return query
    select count(*) filter (where seen.status = 'PENDING'), count(*) filter (where seen.status = 'RUNNING'),
      count(*) filter (where seen.status = 'COMPLETED'), count(*) filter (where seen.status = 'FAILED'),
      count(*) filter (where seen.status in ('PENDING', 'RUNNING')
        or seen.is_overdue and public.will_be_retried(r.id, p_now)),
      max(seen.completed_at)
    from public.workflow_runs r
    cross join lateral public.run_as_seen(r, p_now) seen
    where r.batch_id = p_batch_id and r.id is distinct from p_without_run_id;
end $$;

-- Ends those of the batches of which no run is unfinished any more, each with the event BATCH_ENDED, once. All that ends or deletes
-- runs calls it while it holds the lock of their definition: `end_attempts` after it has put back the runs that their policies retry,
-- and `delete_judged_run`, which names the run that it is about to delete.
--
-- The event belongs to the run that ended last. When no other run is left, it belongs to the run that is deleted, before that is
-- gone: endpoints are then notified although the event goes with the run. A run whose row is locked is being deleted by
-- `delete_old_runs`, which holds no lock of a definition, so it is passed over. Returns the runs with such an event, as `changed_runs` does.
create or replace function public.end_batches(p_batch_ids uuid[], p_now timestamptz, p_deleted_run_id uuid default null)
returns jsonb
language plpgsql as $$
declare
  v_batch_id uuid;
  v_run_id uuid;
  v_run_ids uuid[];
begin
  foreach v_batch_id in array array(select distinct named.id from unnest(p_batch_ids) named (id)) loop
    continue when exists (
      select from public.workflow_runs r
      where r.batch_id = v_batch_id and r.status in ('PENDING', 'RUNNING') and r.id is distinct from p_deleted_run_id);
    update public.run_batches b
    set ended_at = case
      when p_deleted_run_id is null then (select max(r.completed_at) from public.workflow_runs r where r.batch_id = b.id)
      else p_now
    end
    where b.id = v_batch_id and b.ended_at is null;
    continue when not found;
    select r.id into v_run_id
    from public.workflow_runs r
    where r.batch_id = v_batch_id
    order by r.id is not distinct from p_deleted_run_id, r.completed_at desc, r.queue_position desc nulls last, r.id desc
    limit 1
    for update skip locked;
    insert into public.workflow_run_events (tenant_id, run_id, attempt, type, at, detail)
    select r.tenant_id, r.id, r.attempt, 'BATCH_ENDED', b.ended_at, jsonb_build_object(
      'batch_id', b.id, 'run_count', b.run_count, 'completed', counted.completed, 'failed', counted.failed,
      'deleted', b.run_count - counted.completed - counted.failed, 'created_at', public.wire_instant(b.created_at))
    from public.run_batches b
    cross join public.count_batch(v_batch_id, p_now, p_deleted_run_id) counted
    join public.workflow_runs r on r.id = v_run_id
    where b.id = v_batch_id;
    v_run_ids := v_run_ids || v_run_id;
  end loop;
  return public.changed_runs(v_run_ids);
end $$;

-- A batch in the form of the API, at an instant; null when there is none. Like a run that has ended by time, a batch has ended as soon
-- as its last run has, even when that is not recorded yet.
create or replace function public.batch_response(p_batch_id uuid, p_now timestamptz) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object('id', b.id, 'workflow_definition_id', b.workflow_definition_id, 'user_id', b.user_id,
      'run_count', b.run_count, 'pending', counted.pending, 'running', counted.running, 'completed', counted.completed,
      'failed', counted.failed,
      'deleted', b.run_count - counted.pending - counted.running - counted.completed - counted.failed,
      'created_at', public.wire_instant(b.created_at),
      'ended_at', public.wire_instant(
        coalesce(b.ended_at, case when counted.open = 0 then counted.last_ended_at end)))
    from public.run_batches b
    cross join public.count_batch(b.id, p_now) counted
    where b.id = p_batch_id);
end $$;

-- True when a batch has runs. It is plpgsql, so that it looks them up by the batch. As a subquery, the planner might read all runs.
create or replace function public.batch_has_runs(p_batch_id uuid) returns boolean
language plpgsql stable as $$
begin
  return exists (select from public.workflow_runs r where r.batch_id = p_batch_id);
end $$;
