-- What the audit log shows of each kind of object: a list of named columns, so that a new column is not shown by accident.
--
-- - "shown" are values. Texts that a caller wrote are cut, and of an address only the host is shown, without a user or a password.
-- - "hidden" are secrets, whole addresses and free JSON. Their fingerprints are only compared, to find out whether they have changed. The
--   log has the names of those that have.
-- A field that is null is left out. A new column of these tables is shown only when it is added here.

-- A text as the audit log shows it.
create or replace function public.audit_text(p_text text) returns text
language sql immutable as $$
  select case when char_length(p_text) > 500 then left(p_text, 499) || '…' else p_text end
$$;

-- The host of a URL, with its port.
create or replace function public.audit_host(p_url text) returns text
language sql immutable as $$
  select substring(p_url from '^[^:]+://(?:[^/?#]*@)?([^/?#@]*)')
$$;

-- The fingerprints of the fields of a free JSON object by their names, such as `input.customer`. Any other value has one fingerprint.
create or replace function public.audit_fields(p_name text, p_value jsonb) returns jsonb
language plpgsql immutable as $$
begin
  if jsonb_typeof(p_value) <> 'object' then
    return jsonb_build_object(p_name, md5(p_value::text));
  end if;
  return (
    select coalesce(jsonb_object_agg(p_name || '.' || field.key, md5(field.value::text)), '{}')
    from jsonb_each(p_value) field);
end $$;

-- An object of the kind `p_kind`, as far as the audit log shows it: {"object": {"kind", "id", "name"}, "about": the object that it belongs
-- to, in the same form, or null, "shown": {…}, "hidden": {…}}. Null when there is no such object, and without a kind.
create or replace function public.audited(p_kind text, p_id uuid) returns jsonb
language plpgsql stable as $$
declare
  v_audited jsonb;
begin
  if p_kind is null then
    return null;
  end if;
  case p_kind
    when 'workflow_definition' then
      select jsonb_build_object(
        'object', jsonb_build_object('kind', p_kind, 'id', d.id, 'name', d.name),
        'shown', jsonb_build_object(
          'name', d.name, 'description', public.audit_text(d.description), 'runner_type', d.runner_type,
          'runner_host', public.audit_host(d.runner_url), 'max_run_duration_seconds', d.max_run_duration_seconds,
          'source_path_part_ids', d.source_path_part_ids, 'instruction_path_part_ids', d.instruction_path_part_ids,
          'output_path_part_ids', d.output_path_part_ids, 'template_path_part_id', d.template_path_part_id,
          'is_active', d.is_active, 'handover', d.handover, 'lease_seconds', d.lease_seconds, 'max_attempts', d.max_attempts,
          'retry_on', d.retry_on, 'max_running', d.max_running, 'max_running_per_key', d.max_running_per_key,
          'key_from', d.key_from, 'when_busy', d.when_busy, 'replace_grace_seconds', d.replace_grace_seconds,
          'max_queued', d.max_queued, 'run_needs', d.run_needs, 'runner_tags', d.runner_tags,
          'may_trigger', d.may_trigger),
        'hidden', jsonb_build_object('runner_url', md5(d.runner_url), 'webhook_secret', md5(d.webhook_secret_encrypted),
          'input_schema', d.input_schema_hash))
      into v_audited
      from public.workflow_definitions d where d.id = p_id;
    when 'path_part' then
      select jsonb_build_object(
        'object', jsonb_build_object('kind', p_kind, 'id', part.id, 'name', part.materialized_path),
        'shown', jsonb_build_object('path', part.materialized_path, 'part_type', part.part_type))
      into v_audited
      from public.path_parts part where part.id = p_id;
    when 'user' then
      select jsonb_build_object(
        'object', public.audited_user(u.id),
        'shown', jsonb_build_object(
          'email', u.email, 'first_name', u.first_name, 'last_name', u.last_name, 'role', u.role,
          'is_active', u.deactivated_at is null, 'is_deleted', u.deleted_at is not null,
          'login_host', (
            select public.audit_host(l.iss) from public.logins l where l.tenant_id = u.tenant_id and l.user_id = u.id)))
      into v_audited
      from public.users u where u.id = p_id;
    when 'user_permission' then
      -- It is shown with its user, and with the file or workflow that it is for.
      select jsonb_build_object(
        'object', public.audited_user(held.user_id),
        'about', case
          when part.part_type = 'WORKFLOW_DEFINITION' then public.audited('workflow_definition', part.metadata_obj_id)
          else public.audited('path_part', part.id)
        end -> 'object',
        'shown', jsonb_build_object('capability', held.capability, 'path', part.materialized_path))
      into v_audited
      from public.user_permissions held
      join public.path_parts part on part.tenant_id = held.tenant_id and part.id = held.path_part_id
      where held.id = p_id;
    when 'api_key' then
      select jsonb_build_object(
        'object', jsonb_build_object('kind', p_kind, 'id', k.id, 'name', k.name), 'about', public.audited_user(k.user_id),
        'shown', jsonb_build_object(
          'name', k.name, 'kind', k.kind, 'scopes', k.scopes, 'workflow_definition_ids', k.workflow_definition_ids,
          'expires_at', public.wire_instant(k.expires_at), 'is_revoked', k.revoked_at is not null))
      into v_audited
      from public.api_keys k where k.id = p_id;
    when 'agent_grant' then
      select jsonb_build_object(
        'object', jsonb_build_object('kind', p_kind, 'id', g.id, 'name', g.client_name), 'about', public.audited_user(g.user_id),
        'shown', jsonb_build_object('client_name', g.client_name, 'redirect_host', g.redirect_host, 'scopes', g.scopes))
      into v_audited
      from public.agent_grants g where g.id = p_id;
    when 'invite' then
      select jsonb_build_object(
        'object', jsonb_build_object('kind', p_kind, 'id', i.id, 'name', i.email),
        'shown', jsonb_build_object(
          'email', i.email, 'role', i.role, 'expires_at', public.wire_instant(i.expires_at),
          'is_accepted', i.accepted_at is not null))
      into v_audited
      from public.invites i where i.id = p_id;
    when 'notification_endpoint' then
      select jsonb_build_object(
        'object', jsonb_build_object('kind', p_kind, 'id', e.id, 'name', public.audit_host(e.url)),
        'shown', jsonb_build_object(
          'format', nullif(e.format, 'standard'), 'host', public.audit_host(e.url), 'description', public.audit_text(e.description),
          'event_types', e.event_types, 'workflow_definition_ids', e.workflow_definition_ids, 'labels', e.labels, 'on', e.turns,
          'is_active', e.disabled_at is null),
        'hidden', jsonb_build_object('url', md5(coalesce(e.address_hash, e.url)), 'secret', md5(e.secret_encrypted)))
      into v_audited
      from public.notification_endpoints e where e.id = p_id;
    when 'trigger' then
      select jsonb_build_object(
        'object', jsonb_build_object('kind', p_kind, 'id', t.id, 'name', t.name),
        'about', public.audited('workflow_definition', t.workflow_definition_id) -> 'object',
        'shown', jsonb_build_object(
          'name', t.name, 'kind', t.kind, 'schedule', case t.kind when 'schedule' then t.config end,
          'run', case t.kind when 'run' then t.config end, 'user_id', t.user_id,
          'concurrency_key', t.concurrency_key, 'priority', nullif(t.priority, 0), 'when_busy', t.when_busy, 'is_active', t.paused_at is null,
          'pause_note', public.audit_text(t.pause_note)),
        'hidden', public.audit_fields('input', t.input::jsonb) || public.audit_fields('labels', t.labels)
          || case t.kind when 'webhook' then public.audit_fields('config', t.config) else '{}' end
          || jsonb_build_object('secret', md5(t.secret_encrypted)))
      into v_audited
      from public.triggers t where t.id = p_id;
    when 'workflow_run' then
      select jsonb_build_object(
        'object', jsonb_build_object('kind', p_kind, 'id', r.id),
        'about', public.audited('workflow_definition', r.workflow_definition_id) -> 'object',
        'shown', jsonb_build_object('status', r.status, 'attempt', r.attempt, 'stop_ends_at', (
          select public.wire_instant(a.stop_ends_at) from public.running_attempts a where a.run_id = r.id)))
      into v_audited
      from public.workflow_runs r where r.id = p_id;
  end case;
  return jsonb_strip_nulls(v_audited);
end $$;

-- A user as an object of the audit log.
create or replace function public.audited_user(p_user_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return (
    select jsonb_build_object(
      'kind', 'user', 'id', u.id, 'name', public.display_name(u.first_name, u.last_name, u.email, u.id))
    from public.users u where u.id = p_user_id);
end $$;
