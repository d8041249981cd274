-- True for a user whom an invite may sign in: one who was added, has had no API key yet and does not come by the login
-- service. An invite for anybody else would let the administrator who made it, and holds its link, act in that user's name.
create or replace function public.may_be_invited(p_user_id uuid) returns boolean
language plpgsql stable as $$
begin
  return exists (
    select from public.users u
    where u.id = p_user_id and u.role <> 'OWNER' and u.idp_type <> 'TENANT' and u.deactivated_at is null and not exists (
      select from public.api_keys k where k.tenant_id = u.tenant_id and k.user_id = u.id));
end $$;
