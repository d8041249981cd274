-- What is the same for each run that a user triggers of a definition, whose row is `d`: one row, or none. It is inlined.
--   snapshot   what is frozen with the run
--   obstacle   see `start_obstacle`
--   faults     of its path parts, and of the definition itself: [{"field", "id", "path", "fault"}], or null
create or replace function public.frozen_of(p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid)
returns table (
  snapshot jsonb, obstacle text, faults jsonb, key_from text, starts_runs boolean, max_running integer, takes_turns boolean, when_busy text,
  max_queued integer, input_schema_hash text
)
language sql stable as $$
  select frozen.snapshot, public.start_obstacle(d.is_active, d.runner_url, d.handover),
    case
      when public.needs_write_to_run(p_role, cardinality(d.output_path_part_ids), d.run_needs)
        then public.with_write_fault(frozen.faults, p_role, p_tenant_id, p_user_id, p_definition_id)
      else frozen.faults
    end,
    d.key_from, public.starts_runs(d.is_active, d.runner_url, d.handover), d.max_running, d.max_running_per_key is not null, d.when_busy,
    d.max_queued, d.input_schema_hash
  from public.workflow_definitions d
  cross join lateral (
    select
      jsonb_agg(jsonb_build_object('field', part.field, 'id', part.id, 'path', part.path, 'fault', part.fault))
        filter (where part.fault is not null) as faults,
      jsonb_build_object(
        'sources', coalesce(jsonb_agg(part.frozen) filter (where part.field = 'sources'), '[]'),
        'instructions', coalesce(jsonb_agg(part.frozen) filter (where part.field = 'instructions'), '[]'),
        'outputs', coalesce(jsonb_agg(part.frozen) filter (where part.field = 'outputs'), '[]'),
        'template', jsonb_agg(part.frozen) filter (where part.field = 'template') -> 0,
        'workflow_definition_id', d.id, 'workflow_name', d.name, 'runner_type', d.runner_type,
        'user_id', p_user_id, 'max_run_duration_seconds', d.max_run_duration_seconds) as snapshot
    from (
      select named.*, jsonb_build_object(
        'path_part_id', named.id, 'materialized_path', named.path, 'part_type', named.part_type) as frozen
      from public.path_parts_of_run(p_role, p_tenant_id, p_user_id, d.source_path_part_ids, d.instruction_path_part_ids,
        d.output_path_part_ids, d.template_path_part_id) named
      order by named."position"
    ) part
  ) frozen
  where d.tenant_id = p_tenant_id and d.id = p_definition_id
$$;

-- Why a user cannot trigger a run of a definition, of which `frozen_of` says this: {"refused"} which is paused, no_runner, path_parts (with
-- "faults": see `faults_as_seen`) or snapshot_too_large (with "bytes", "max_bytes"). Null when they can.
--
-- A page of 100 runs with snapshots of 64 KiB is far smaller than the largest answer of the database, and than the memory of a Worker. The
-- text of a snapshot is less than eight times as long as what is stored, so nearly always it need not be made.
create or replace function public.refusal_of_frozen(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_snapshot jsonb, p_obstacle text, p_faults jsonb
) returns jsonb
language sql stable as $$
  select case
    when p_obstacle is not null then jsonb_build_object('refused', p_obstacle)
    when p_faults is not null then jsonb_build_object(
      'refused', 'path_parts', 'faults', public.faults_as_seen(p_role, p_tenant_id, p_user_id, p_faults))
    when pg_column_size(p_snapshot) > 65536 / 8 and octet_length(p_snapshot::text) > 65536 then jsonb_build_object(
      'refused', 'snapshot_too_large', 'bytes', octet_length(p_snapshot::text), 'max_bytes', 65536)
  end
$$;

-- The same in one value, for many runs: {"snapshot", "key_from", "starts_runs", "when_busy", "max_queued", "input_schema_hash"}, or what
-- `refusal_of_frozen` refuses.
create or replace function public.frozen_for_runs(p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid) returns jsonb
language plpgsql stable as $$
begin
  return (
    select coalesce(public.refusal_of_frozen(p_role, p_tenant_id, p_user_id, frozen.snapshot, frozen.obstacle, frozen.faults),
      to_jsonb(frozen) - 'faults')
    from public.frozen_of(p_role, p_tenant_id, p_user_id, p_definition_id) frozen);
end $$;
