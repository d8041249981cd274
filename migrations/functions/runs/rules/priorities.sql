-- Priorities, from 0 to 9: of the runs in a queue, those with a higher one come first, and those with the same one in the order in which
-- they joined.
--
-- A run that joins its queue draws the next number of the sequence `workflow_run_queue`: its ticket, which is smaller than 2^49. Its
-- `queue_position` is ticket - priority * 2^49. So all positions of a priority are smaller than those of each lower one,
-- and whoever reads a queue by its index, in the order of the positions, reads it by priority. Without a priority, the position is the
-- ticket. Positions may be negative. The priority is a column of its own, since a run that has no place yet, or gets a new one, draws later.
--
-- Between definitions, only tickets are compared: a priority lets no workflow pass another one.

-- The position in its queue of a run with this priority. `p_number` is its ticket, or a position that it had with any priority.
create or replace function public.place_by_priority(p_number bigint, p_priority integer) returns bigint
language sql immutable as $$
  select (p_number & 562949953421311) - p_priority * 562949953421312
$$;

-- The priority of a run with this position.
create or replace function public.priority_at(p_queue_position bigint) returns integer
language sql immutable as $$
  select - (p_queue_position >> 49)::integer
$$;

-- The ticket of a run with this position.
create or replace function public.ticket_of(p_queue_position bigint) returns bigint
language sql immutable as $$
  select p_queue_position & 562949953421311
$$;

-- What is before all positions of a queue: a search by key begins behind it.
create or replace function public.before_all_places() returns bigint
language sql immutable as $$
  select -9223372036854775807
$$;
