-- Creates a tenant with its OWNER, the OWNER's first API key, the folder of its definitions, and a root folder for its files. The root
-- folder is needed because clients of the wire contract cannot add parts to the root.
--
-- There is no caller: only the operator's script calls it, and its proof is the connection to the database, as in a sweep.
--
-- Answers {"result": {}}.
create or replace function public.create_tenant(
  p_context jsonb, p_tenant_id uuid, p_name text, p_owner_id uuid, p_email text, p_key_id uuid, p_key_name text, p_key_hash text,
  p_key_suffix text, p_workflows_folder_id uuid, p_workflows_folder_name text, p_root_folder_id uuid, p_root_folder_name text
) returns jsonb
language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
  insert into public.tenants (id, name) values (p_tenant_id, p_name);
  insert into public.users (id, tenant_id, email, role) values (p_owner_id, p_tenant_id, p_email, 'OWNER');
  insert into public.api_keys (id, tenant_id, user_id, name, key_hash, key_suffix)
  values (p_key_id, p_tenant_id, p_owner_id, p_key_name, decode(p_key_hash, 'hex'), p_key_suffix);
  insert into public.path_parts (id, tenant_id, name, part_type, materialized_path, system_managed)
  values
    (p_workflows_folder_id, p_tenant_id, p_workflows_folder_name, 'FOLDER', '/' || p_workflows_folder_name, true),
    (p_root_folder_id, p_tenant_id, p_root_folder_name, 'FOLDER', '/' || p_root_folder_name, false);
  return public.answer_of(p_context, p_tenant_id, '{"result": {}}');
end $$;
