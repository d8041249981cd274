-- The position of a row in a list, newest first, as its API's cursors have it: `milliseconds since 1970.id`.
create or replace function public.position_of(p_at timestamptz, p_id uuid) returns text
language sql stable as $$
  select (extract(epoch from p_at) * 1000)::bigint || '.' || p_id
$$;

-- The instant and the id of a position, which a page begins after. Without a position, they are later than those of any row.
create or replace function public.place_of(p_position text) returns table (at timestamptz, id uuid)
language sql stable as $$
  select coalesce(timestamptz 'epoch' + split_part(p_position, '.', 1)::bigint * interval '1 millisecond', 'infinity'),
    coalesce(split_part(p_position, '.', 2)::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
$$;
