-- An idempotency key is in use for 24 hours after its run was created, so for runs that were created after this instant. A run
-- is kept for at least as long.
create or replace function public.idempotency_cutoff(p_now timestamptz) returns timestamptz
language sql stable as $$
  select p_now - interval '24 hours'
$$;
