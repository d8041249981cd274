-- A batch as it stands now, for a caller who may see its runs.
--
-- Answers {"refused"} (see `judge_run_read`) with "batch": null, or {"tenant_id", "batch", "etag"}:
--   batch  see `batch_response`
--   etag   hex SHA-256 of what a reader sees of it
create or replace function public.find_batch(p_credential jsonb, p_batch_id uuid) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_judged constant jsonb := public.judge_run_read(p_credential, null, p_batch_id);
  v_batch jsonb;
begin
  if v_judged ? 'refused' then
    return v_judged || '{"batch": null}';
  end if;
  v_batch := public.batch_response(p_batch_id, statement_timestamp());
  return v_judged || jsonb_build_object('batch', v_batch, 'etag', encode(sha256(convert_to(v_batch::text, 'UTF8')), 'hex'));
end $$;
