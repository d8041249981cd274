-- Fails a PENDING or RUNNING run at once on behalf of the caller: `stop_run_with_grace` without grace. `change_runs` calls it,
-- and so does the Worker of the previous release.
create or replace function public.stop_run(
  p_credential jsonb, p_run_id uuid, p_reason text, p_grace_seconds integer, p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql as $$
begin
  return public.stop_run_with_grace(p_credential, p_run_id, p_reason, 0, p_grace_seconds, p_dispatch_lease_seconds);
end $$;
