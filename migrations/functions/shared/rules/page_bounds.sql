-- The bounds of a page of a list of runs, as one row: the page has only runs that are later than `low_at, low_id` and earlier than
-- `high_at, high_id`, by when they were created and then by id. They follow from the filter (created after and before an instant) and from
-- the last run of the page before, `p_from_at, p_from_id`. From that run on, the list goes to older runs, or with `p_is_older` false to
-- newer ones. Each of these may be null.
create or replace function public.page_bounds(
  p_created_after timestamptz, p_created_before timestamptz, p_is_older boolean, p_from_at timestamptz, p_from_id uuid
) returns table (low_at timestamptz, low_id uuid, high_at timestamptz, high_id uuid)
language plpgsql immutable as $$
begin
  low_at := coalesce(p_created_after, '-infinity');
  low_id := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  high_at := coalesce(p_created_before, 'infinity');
  high_id := '00000000-0000-0000-0000-000000000000';
  if p_is_older and (p_from_at, p_from_id) < (high_at, high_id) then
    high_at := p_from_at;
    high_id := p_from_id;
  elsif not p_is_older and (p_from_at, p_from_id) > (low_at, low_id) then
    low_at := p_from_at;
    low_id := p_from_id;
  end if;
  return next;
end $$;
