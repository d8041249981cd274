-- The position from which a stream begins that only wants new events: after all events that the feed shows now.
--
-- Answers {"refused": "unauthenticated"}, or {"tenant_id", "user_id" of the caller, "next"}.
create or replace function public.find_end_of_events(p_credential jsonb) returns jsonb
language plpgsql stable as $$
begin
  return coalesce((
    select jsonb_build_object('tenant_id', caller.tenant_id, 'user_id', caller.user_id,
      'next', concat_ws('.', (select e.epoch from public.event_epoch e), pg_snapshot_xmin(pg_current_snapshot()), 0))
    from public.find_caller(p_credential) caller), '{"refused": "unauthenticated"}');
end $$;
