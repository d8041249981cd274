-- What agents may do on behalf of people, by OAuth: see `agent_grants`.

-- True while the grant that a credential names is there: the person has not ended it.
create or replace function public.agent_grant_stands(p_credential jsonb) returns boolean
language plpgsql stable as $$
begin
  return exists (
    select from public.agent_grants g
    where g.id = (p_credential ->> 'agent_grant_id')::uuid and g.tenant_id = (p_credential ->> 'tenant_id')::uuid
      and g.user_id = (p_credential ->> 'user_id')::uuid and g.generation > 0);
end $$;
