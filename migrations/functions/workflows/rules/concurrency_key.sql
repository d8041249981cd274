-- The concurrency key that the input of a run has at the place of a JSON Pointer (RFC 6901): a text of 1 to 128 characters, a
-- number or a boolean. Null when there is none of these.
create or replace function public.key_of_input(p_input json, p_pointer text) returns text
language plpgsql immutable as $$
declare
  v_value json := p_input;
  v_name text;
  v_key text;
begin
  foreach v_name in array regexp_split_to_array(substr(p_pointer, 2), '/') loop
    v_name := replace(replace(v_name, '~1', '/'), '~0', '~');
    v_value := case json_typeof(v_value)
      when 'object' then v_value -> v_name
      when 'array' then case when v_name ~ '^(0|[1-9][0-9]{0,8})$' then v_value -> v_name::integer end
    end;
  end loop;
  v_key := case when json_typeof(v_value) in ('string', 'number', 'boolean') then v_value #>> '{}' end;
  return case when char_length(v_key) between 1 and 128 then v_key end;
end $$;

-- The concurrency key of a new run: the one that was sent, or else the one that its input has at `key_from` of the definition. Empty
-- for a run without a key, and null when `key_from` points to none.
create or replace function public.key_of_run(p_key_from text, p_input json, p_concurrency_key text) returns text
language sql immutable as $$
  select coalesce(p_concurrency_key, case when p_key_from is null then '' else public.key_of_input(p_input, p_key_from) end)
$$;
