-- What is the same for each run that a user triggers of a locked definition now: {"snapshot", "key_from", "starts_runs",
-- "max_running", "takes_turns", "when_busy", "max_queued", "input_schema_hash"}. Or why the definition cannot take one: {"refused"} which is paused,
-- no_runner, path_parts (with "faults": [{"field", "id", "path", "fault"}]) or snapshot_too_large (with "bytes", "max_bytes").
create or replace function public.frozen_for_runs(
  p_role text, p_tenant_id uuid, p_user_id uuid, p_definition_id uuid
) returns jsonb
language plpgsql stable as $$
declare
  -- A page of 100 runs of this size is far smaller than the largest answer of the database, and than the memory of a Worker.
  c_max_snapshot_bytes constant integer := 65536;
  v_obstacle text;
  v_starts_runs boolean;
  v_key_from text;
  v_max_running integer;
  v_takes_turns boolean;
  v_when_busy text;
  v_max_queued integer;
  v_input_schema_hash text;
  v_needs_write boolean;
  v_faults jsonb;
  v_snapshot jsonb;
begin
  -- Its path parts are sorted once, in the subquery.
  select public.start_obstacle(d.is_active, d.runner_url, d.handover),
    public.starts_runs(d.is_active, d.runner_url, d.handover), d.key_from, d.max_running,
    d.max_running_per_key is not null, d.when_busy, d.max_queued, d.input_schema_hash,
    public.needs_write_to_run(p_role, cardinality(d.output_path_part_ids), d.run_needs), frozen.faults, frozen.snapshot
  into v_obstacle, v_starts_runs, v_key_from, v_max_running, v_takes_turns, v_when_busy, v_max_queued, v_input_schema_hash, v_needs_write,
    v_faults, v_snapshot
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
  where d.id = p_definition_id;
  if v_obstacle is not null then
    return jsonb_build_object('refused', v_obstacle);
  end if;
  if v_needs_write then
    v_faults := public.with_write_fault(v_faults, p_role, p_tenant_id, p_user_id, p_definition_id);
  end if;
  if v_faults is not null then
    return jsonb_build_object(
      'refused', 'path_parts', 'faults', public.faults_as_seen(p_role, p_tenant_id, p_user_id, v_faults));
  end if;
  -- Its text is less than eight times as long as what is stored, so nearly always it need not be made.
  if pg_column_size(v_snapshot) > c_max_snapshot_bytes / 8 and octet_length(v_snapshot::text) > c_max_snapshot_bytes then
    return jsonb_build_object('refused', 'snapshot_too_large',
      'bytes', octet_length(v_snapshot::text), 'max_bytes', c_max_snapshot_bytes);
  end if;
  return jsonb_build_object('snapshot', v_snapshot, 'key_from', v_key_from, 'starts_runs', v_starts_runs,
    'max_running', v_max_running, 'takes_turns', v_takes_turns, 'when_busy', v_when_busy, 'max_queued', v_max_queued, 'input_schema_hash', v_input_schema_hash);
end $$;
