-- One page of what the attempts of a run have kept, the oldest first, for a caller who may see the run.
--
-- Answers {"tenant_id", and either "refused" (see `judge_run_read`) or "items": [{"key", "attempt", "bytes", "kept_at", "value": JSON as text}],
-- "total"}.
create or replace function public.list_checkpoints(p_credential jsonb, p_run_id uuid, p_limit integer, p_offset integer) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.judge_run_read(p_credential, p_run_id);
begin
  if v_judged ? 'refused' then
    return v_judged;
  end if;
  return jsonb_build_object('tenant_id', v_judged -> 'tenant_id',
    'total', (select count(*) from public.run_checkpoints c where c.run_id = p_run_id),
    'items', (
      select coalesce(jsonb_agg(jsonb_build_object('key', page.key, 'attempt', page.attempt, 'bytes', page.bytes,
        'kept_at', public.wire_instant(page.kept_at), 'value', page.value::text) order by page.kept_at, page.key), '[]')
      from (
        select c.* from public.run_checkpoints c where c.run_id = p_run_id
        order by c.kept_at, c.key
        limit p_limit offset p_offset
      ) page));
end $$;
