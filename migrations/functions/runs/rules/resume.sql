-- Sets the instants of a suspended run, after something that it waits for has come. When nothing is missing, it joins its queue. Returns the
-- run: see `changed_run`.
create or replace function public.resume_if_complete(p_run_id uuid, p_now timestamptz) returns jsonb
language plpgsql as $$
declare
  v_not_before timestamptz;
begin
  update public.workflow_runs r
  set (not_before, deadline_at) = (
      select resume.not_before, resume.deadline_at from public.resume_instants(r.id, r.attempt - 1, p_now) resume),
    updated_at = p_now
  where r.id = p_run_id
  returning r.not_before into v_not_before;
  if v_not_before <= p_now then
    perform public.join_queues(array[p_run_id]);
  end if;
  return public.changed_runs(array[p_run_id]);
end $$;
