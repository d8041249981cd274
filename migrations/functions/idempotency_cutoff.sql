-- An idempotency key is in use for 24 hours after its run was created, so by the runs that were created after this instant; and a
-- run is kept for at least as long.
create or replace function public.idempotency_cutoff(p_now timestamptz) returns timestamptz
language sql stable as $$
  select p_now - interval '24 hours'
$$;
