-- A number of seconds as people read it: "1 second", "60 seconds". The number is made a text first, since `||` with a number is not immutable,
-- and Postgres would call this function for each run instead of putting its body in the place of the call.
create or replace function public.seconds_in_words(p_seconds integer) returns text
language sql immutable as $$
  select p_seconds::text || case when p_seconds = 1 then ' second' else ' seconds' end
$$;
