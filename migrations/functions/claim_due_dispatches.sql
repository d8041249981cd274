-- `claim_dispatches` for all tenants, with the name that the Worker of the previous release calls.
create or replace function public.claim_due_dispatches(
  p_limit integer, p_quick text[], p_busy text[], p_dispatch_lease_seconds integer
) returns jsonb
language plpgsql as $$
begin
  return public.claim_dispatches(null, p_limit, p_quick, p_busy, p_dispatch_lease_seconds);
end $$;
