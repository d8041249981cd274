-- True for a user whom an invite may sign in: a user who was added, has never had an API key, and does not sign in by the login
-- service. An invite for any other user would let the administrator who made it, and who knows its link, act as that user.
create or replace function public.may_be_invited(p_user_id uuid) returns boolean
language plpgsql stable as $$
begin
  return exists (
    select from public.users u
    where u.id = p_user_id and u.role <> 'OWNER' and u.idp_type <> 'TENANT' and u.deactivated_at is null
      and not u.had_api_key
      and not exists (select from public.api_keys k where k.tenant_id = u.tenant_id and k.user_id = u.id));
end $$;
