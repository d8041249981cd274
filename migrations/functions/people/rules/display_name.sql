-- The displayed name of a user: their name, otherwise their email, otherwise the end of their id.
create or replace function public.display_name(p_first_name text, p_last_name text, p_email text, p_user_id uuid) returns text
language sql stable as $$
  select coalesce(nullif(concat_ws(' ', p_first_name, p_last_name), ''), p_email, right(p_user_id::text, 8))
$$;
