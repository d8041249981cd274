-- Checkpoints: what attempts of a run keep under keys for the attempts after them, such as the result of a step that must not be done twice.
-- The first value of a key stays, also when a person retries the run. A run that is triggered again begins without.

-- May an attempt keep this under this key? Returns {}, {"result": {"is_new": false}} when it is kept already, or {"refused"} which is one of:
--   other_value  with "value": a text of the JSON that is kept
--   too_many     with "limit": so many a run may have
--   too_large    with "limit" and "bytes": those that it has
create or replace function public.judge_checkpoint(p_run_id uuid, p_key text, p_value json) returns jsonb
language plpgsql stable as $$
declare
  c_most constant integer := 1000;
  c_most_bytes constant integer := 4194304;
  v_kept json := (select c.value from public.run_checkpoints c where c.run_id = p_run_id and c.key = p_key);
  v_count bigint;
  v_bytes bigint;
begin
  if v_kept is not null then
    return case
      when v_kept::jsonb = p_value::jsonb then '{"result": {"is_new": false}}'
      else jsonb_build_object('refused', 'other_value', 'value', v_kept::text)
    end;
  end if;
  select count(*), coalesce(sum(c.bytes), 0) into v_count, v_bytes from public.run_checkpoints c where c.run_id = p_run_id;
  return case
    when v_count >= c_most then jsonb_build_object('refused', 'too_many', 'limit', c_most)
    when v_bytes + octet_length(p_value::text) > c_most_bytes
      then jsonb_build_object('refused', 'too_large', 'limit', c_most_bytes, 'bytes', v_bytes)
    else '{}'
  end;
end $$;
