-- A number of seconds as people read it: "1 second", "60 seconds".
create or replace function public.seconds_in_words(p_seconds integer) returns text
language sql immutable as $$
  select p_seconds || case when p_seconds = 1 then ' second' else ' seconds' end
$$;
