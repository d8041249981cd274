-- What is needed to verify and read a message to a trigger that receives webhooks. Nobody has proved anything yet, so only the Worker sees
-- this. The secrets are encrypted.
--
-- Answers {"now", "receiver": null when there is no such trigger, or {"tenant_id", "version", "config", "input": JSON as text, "labels",
-- "concurrency_key", "secret_encrypted", "previous_secret_encrypted", "previous_secret_until"}}.
create or replace function public.find_receiver(p_trigger_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
begin
  return jsonb_build_object('now', public.wire_instant(statement_timestamp()), 'receiver', (
    select jsonb_build_object(
      'tenant_id', t.tenant_id, 'version', t.version, 'config', t.config, 'input', t.input::text, 'labels', coalesce(t.labels, '{}'),
      'concurrency_key', t.concurrency_key, 'secret_encrypted', t.secret_encrypted,
      'previous_secret_encrypted', t.previous_secret_encrypted,
      'previous_secret_until', public.wire_instant(t.previous_secret_until))
    from public.triggers t
    where t.id = p_trigger_id and t.kind = 'webhook'));
end $$;
