-- How long to wait before something that failed is tried again. Each wait is randomly changed by up to ±20 %, so that what failed
-- together is not tried again together. `p_random` is a number from 0 to 1: pass `random()`.

-- A wait of these seconds, randomly changed.
create or replace function public.jittered(p_seconds float8, p_random float8) returns float8
language sql immutable as $$
  select p_seconds * (0.8 + 0.4 * p_random)
$$;

-- The seconds that a run waits after a failed attempt that is retried automatically, and after the third time that it was given
-- back: 5 after the first, doubled after each further one, at most 5 minutes.
create or replace function public.back_off_seconds(p_attempt integer, p_random float8) returns float8
language sql immutable as $$
  select public.jittered(least(5 * 2 ^ least(p_attempt - 1, 6), 300), p_random)
$$;

-- The seconds from a failed dispatch to the next try, after so many tries: 5 s, 30 s, 2 min, 5 min, and then always 10 min.
create or replace function public.dispatch_delay_seconds(p_tries integer, p_random float8) returns float8
language sql immutable as $$
  select public.jittered((array[5, 30, 120, 300, 600])[least(greatest(p_tries, 1), 5)], p_random)
$$;

-- The seconds from a failed webhook of a stop to the next try, after so many tries: 2 s, 4 s, 8 s, 16 s, and then always 30 s. They
-- are short, since the runner has at most five minutes to stop.
create or replace function public.stop_delay_seconds(p_tries integer, p_random float8) returns float8
language sql immutable as $$
  select public.jittered(least(2 ^ (least(greatest(p_tries, 1), 5)), 30), p_random)
$$;

-- The seconds from a failed notification to the next try, after so many tries: 5 s, 5 min, 30 min, 2 h, 5 h, and then always 10 h.
create or replace function public.notification_delay_seconds(p_failed_tries integer, p_random float8) returns float8
language sql immutable as $$
  select public.jittered((array[5, 300, 1800, 7200, 18000, 36000])[least(greatest(p_failed_tries, 1), 6)], p_random)
$$;
