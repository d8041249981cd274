-- Inputs and the JSON Schema that the policy of a definition has for them. The database keeps schemas, and only the Worker can check an
-- input by one. So it happens in this order, for all that triggers runs:
-- 1. The Worker sends in the context what it knows: by the hash of a schema and the hash of an input, the faults of that input. The
--    list is empty for an input that fits. An isolate that has used the definition's schema before checks the input before this call, unless that costs much.
-- 2. The verb judges the caller and the definition, and then the inputs: by the schema that the definition has now.
-- 3. When the context has no result for an input and this schema, the verb refuses with input_unchecked, and answers the schema with the
--    inputs. The Worker checks them and calls again. So an input that only the database has, such as that of a firing, always takes the
--    second call. `fire_due` handles the others meanwhile, and what is unchecked stays due.
-- Schemas and inputs are named by their hashes, so it does not matter who changes the definition meanwhile.
--
-- A Worker of a release that knows no schemas sends no "inputs", and its inputs are not judged.

-- The SHA-256 of a JSON text, in hex; null for null.
create or replace function public.json_hash(p_json json) returns text
language sql immutable as $$
  select encode(sha256(convert_to(p_json::text, 'UTF8')), 'hex')
$$;

-- Do these inputs fit the schema of this definition, which has this hash or null for none? A missing input counts as `{}`.
--
-- Returns {}, or {"refused": "input_invalid", "input_faults": [{"index", "path", "msg"}]}, where "index" is the place of the input in the
-- list, from 0, if it has more than one, and "path" is the place of the fault in the input. Or {"refused": "input_unchecked",
-- "unchecked": [{"schema_hash", "schema", "inputs": [{"hash", "input"}]}]}, with schema and inputs as texts.
create or replace function public.check_inputs(p_context jsonb, p_definition_id uuid, p_schema_hash text, p_inputs json[])
returns jsonb
language plpgsql stable as $$
declare
  v_known constant jsonb := p_context -> 'inputs' -> p_schema_hash;
  v_unchecked jsonb;
  v_faults jsonb;
begin
  if p_schema_hash is null or not p_context ? 'inputs' then
    return '{}';
  end if;
  with given as (
    select input.place, coalesce(input.value, '{}') as value, public.json_hash(coalesce(input.value, '{}')) as hash
    from unnest(p_inputs) with ordinality input (value, place)
  )
  select
    (
      select jsonb_agg(jsonb_build_object('hash', unknown.hash, 'input', unknown.value::text))
      from (select distinct on (given.hash) given.hash, given.value from given where (v_known ? given.hash) is not true) unknown
    ),
    (
      select jsonb_agg(
        case when cardinality(p_inputs) > 1 then jsonb_build_object('index', given.place - 1) else '{}' end || fault.value
        order by given.place, fault.place)
      from given
      cross join jsonb_array_elements(v_known -> given.hash) with ordinality fault (value, place)
    )
  into v_unchecked, v_faults;
  return case
    when v_unchecked is not null then jsonb_build_object('refused', 'input_unchecked', 'unchecked', jsonb_build_array(
      jsonb_build_object('schema_hash', p_schema_hash, 'inputs', v_unchecked, 'schema', (
        select d.input_schema::text from public.workflow_definitions d where d.id = p_definition_id))))
    when v_faults is not null then jsonb_build_object('refused', 'input_invalid', 'input_faults', v_faults)
    else '{}'
  end;
end $$;

-- Does the input of a trigger with this content fit the schema of its definition? It is only a question when each run gets that input:
-- not when it comes with the message, or from the run that has ended. Returns what `check_inputs` does.
create or replace function public.check_trigger_input(p_context jsonb, p_definition_id uuid, p_content jsonb, p_input json)
returns jsonb
language plpgsql stable as $$
begin
  return case
    when p_content ->> 'kind' = 'webhook' or p_content #>> '{config,input_from}' in ('output', 'run') then '{}'
    else public.check_inputs(p_context, p_definition_id, (
      select d.input_schema_hash from public.workflow_definitions d where d.id = p_definition_id), array[p_input])
  end;
end $$;
