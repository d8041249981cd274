-- The name to show for a user: their name, or else their email address, or else the end of their id.
create or replace function public.display_name(p_first_name text, p_last_name text, p_email text, p_user_id uuid) returns text
language sql stable as $$
  select coalesce(nullif(concat_ws(' ', p_first_name, p_last_name), ''), p_email, right(p_user_id::text, 8))
$$;
