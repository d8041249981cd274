create or replace function find_run(sought_id uuid, api_key_hash text, session_claims jsonb) returns jsonb
language plpgsql stable as $$
begin
  return (
    with principal as (
    select u.id as user_id, u.tenant_id, u.role
    from (
  select k.tenant_id, k.user_id from api_keys k where k.key_hash = decode(api_key_hash, 'hex') and (k.revoked_at is null and (k.expires_at is null or k.expires_at > statement_timestamp()))
      union all 
  select (session_claims ->> 'tenantId')::uuid as tenant_id, (session_claims ->> 'userId')::uuid as user_id
  where statement_timestamp() < to_timestamp((session_claims ->> 'expiresAt')::float8) + interval '30 seconds'
    and statement_timestamp() >= to_timestamp((session_claims ->> 'notBefore')::float8) - interval '30 seconds'
    and ((session_claims ->> 'apiKeyId')::uuid is null or exists (
      select from api_keys k where k.tenant_id = (session_claims ->> 'tenantId')::uuid and k.id = (session_claims ->> 'apiKeyId')::uuid and (k.revoked_at is null and (k.expires_at is null or k.expires_at > statement_timestamp()))))) proven
    join users u on u.tenant_id = proven.tenant_id and u.id = proven.user_id
    where u.deactivated_at is null
  ), grants as (
    select part.tenant_id, part.materialized_path as path, g.capability
    from principal p
    join user_permissions g on g.tenant_id = p.tenant_id and g.user_id = p.user_id and p.role = 'USER'
    join path_parts part on part.tenant_id = g.tenant_id and part.id = g.path_part_id
  )
    select jsonb_build_object('of_tenant', p.tenant_id, 'run', to_jsonb(visible) || jsonb_build_object('etag',
      encode(sha256(convert_to((to_jsonb(visible) - '{queue_position,blocked_by}'::text[])::text, 'UTF8')), 'hex')))
    from principal p
    left join lateral (
      select 
  r.id, r.workflow_definition_id, r.user_id, r.runner_type,
  case when (r.status = 'RUNNING' and r.deadline_at <= statement_timestamp()) then 'FAILED' else r.status end as status,
  to_char(coalesce(r.started_at, r.created_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as started_at,
  to_char(case when (r.status = 'RUNNING' and r.deadline_at <= statement_timestamp()) then r.deadline_at else r.completed_at end at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as completed_at,
  r.run_snapshot,
  case when (r.status = 'RUNNING' and r.deadline_at <= statement_timestamp()) then 'Timed out: no result arrived within '
  || extract(epoch from r.deadline_at - r.started_at)::int || ' seconds of the start.' else r.error end as error,
  to_char(r.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at,
  to_char(case when (r.status = 'RUNNING' and r.deadline_at <= statement_timestamp()) then r.deadline_at else r.updated_at end at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as updated_at,
        case when r.status = 'PENDING' then (
  select count(*)::int from workflow_runs ahead
  where ahead.workflow_definition_id = r.workflow_definition_id
    and ahead.status = 'PENDING' and ahead.queue_position <= r.queue_position
) end as queue_position,
        case when r.status = 'PENDING' then (
          select r.id from workflow_runs r
          where r.workflow_definition_id = definition.id
            and (r.status = 'RUNNING' and r.deadline_at > statement_timestamp()) and (r.tenant_id = p.tenant_id and ((p.role in ('OWNER', 'ADMIN')) or r.user_id = p.user_id or exists (
  select from workflow_definitions d where d.id = r.workflow_definition_id and (d.tenant_id = p.tenant_id and ((p.role in ('OWNER', 'ADMIN')) or exists (
  select from path_parts part
  where part.tenant_id = d.tenant_id and part.id = d.path_part_id and ((p.role in ('OWNER', 'ADMIN')) or exists (
  select from grants g where (part.materialized_path = g.path or starts_with(part.materialized_path, g.path || '/')) and true))))))))
        ) end as blocked_by
      from workflow_runs r
      cross join lateral (select r.workflow_definition_id as id) definition
      where r.id = sought_id and (r.tenant_id = p.tenant_id and ((p.role in ('OWNER', 'ADMIN')) or r.user_id = p.user_id or exists (
  select from workflow_definitions d where d.id = r.workflow_definition_id and (d.tenant_id = p.tenant_id and ((p.role in ('OWNER', 'ADMIN')) or exists (
  select from path_parts part
  where part.tenant_id = d.tenant_id and part.id = d.path_part_id and ((p.role in ('OWNER', 'ADMIN')) or exists (
  select from grants g where (part.materialized_path = g.path or starts_with(part.materialized_path, g.path || '/')) and true))))))))
    ) visible on true
  );
end $$
