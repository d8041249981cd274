-- A batch as it stands now, for a caller who may see its runs.
--
-- Answers {"refused": "unauthenticated"}, or {"tenant_id", "batch", "etag"}:
--   batch  see `batch_response`; null when there is none that the caller may see
--   etag   hex SHA-256 of what a reader sees of it
create or replace function public.find_batch(p_credential jsonb, p_batch_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_tenant_id uuid;
  v_user_id uuid;
  v_role text;
  v_batch_user_id uuid;
  v_definition_id uuid;
  v_batch jsonb;
begin
  select caller.tenant_id, caller.user_id, caller.role into v_tenant_id, v_user_id, v_role
  from public.find_caller(p_credential) caller;
  if v_tenant_id is null then
    return '{"refused": "unauthenticated"}';
  end if;
  select b.user_id, b.workflow_definition_id into v_batch_user_id, v_definition_id
  from public.run_batches b
  where b.tenant_id = v_tenant_id and b.id = p_batch_id
    and b.workflow_definition_id not in (select gone.id from public.deleted_definitions gone);
  if v_definition_id is null
    or not public.may_see_run(v_role, v_tenant_id, v_user_id, v_batch_user_id, v_definition_id) then
    return jsonb_build_object('tenant_id', v_tenant_id, 'batch', null);
  end if;
  v_batch := public.batch_response(p_batch_id, statement_timestamp());
  return jsonb_build_object(
    'tenant_id', v_tenant_id, 'batch', v_batch, 'etag', encode(sha256(convert_to(v_batch::text, 'UTF8')), 'hex'));
end $$;
