-- What has failed in a sweep is set aside, so that it stops nothing else. A verb that works on a chunk takes two parameters for that:
--   p_only   it works on these candidates only. The Worker halves a chunk that failed, until it has found the rows that fail.
--   p_lists  it does nothing, and answers which candidates it would work on: see `candidates_of`
-- The Worker then calls `set_aside_failures`, and until a row's instant has come, no chunk has that row. A tenant whose own sweep fails as
-- a whole, and an endpoint to which nothing can be sent, are set aside by their own ids.

-- The rows that a step of the sweep leaves out now. A step that is set aside as a whole has the nil UUID, which no row has.
create or replace function public.set_aside_by(p_step text) returns uuid[]
language sql stable as $$
  select coalesce(array_agg(s.row_id), '{}') from public.set_aside s where s.step = p_step and s.until > statement_timestamp()
$$;

-- True when a chunk has this candidate.
create or replace function public.takes(p_id uuid, p_only uuid[], p_except uuid[]) returns boolean
language sql immutable as $$
  select (p_only is null or p_id = any (p_only)) and p_id <> all (p_except)
$$;
