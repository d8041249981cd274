-- True when messages to a URL may be signed with the secret that is stored for it: only as long as the URL stays the same.
-- Otherwise somebody who cannot read the secret could have messages to another server signed with it. The whole URL is compared,
-- since different paths of a host may belong to different people.
create or replace function public.keeps_secret(p_stored_url text, p_url text) returns boolean
language sql immutable as $$
  select p_url = p_stored_url
$$;
