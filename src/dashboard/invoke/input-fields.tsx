/**
 * The input of runs in a form: fields that are made of the workflow's input schema, when they can show all of the input, or else a field for
 * JSON.
 */
import { type Failure, Failures, type Values } from "../forms.tsx";
import { JsonEditor, withLines } from "./json-editor.tsx";
import { readJson } from "./json-text.ts";
import { linesOf } from "./read-fields.ts";
import { fieldsOf, inputOfFields, labelsOfFields, SchemaFields, valuesOfInput } from "./schema-fields.tsx";

export type GivenInput = {
  /** The text of JSON. */
  input: string;
  /** The workflow's input schema as text; empty for none. A form whose fields are made of it sends it. */
  schema: string;
};

/** An input schema as the text that a {@link GivenInput} has. */
export const textOfSchema = (schema: unknown): string => (schema === null ? "" : JSON.stringify(schema));

/** The fields that are made of the schema, with their values; null when the input is written as JSON. */
function fieldsFor({ schema, input }: GivenInput) {
  const fields = schema === "" ? null : fieldsOf(JSON.parse(schema));
  const values = fields && valuesOfInput(fields, input);
  return fields && values && { fields, values };
}

/**
 * The input that a form says. The schema of which its fields were made only says how to read them, since the verb judges the input by the
 * schema of the workflow. A text that is not such a schema counts as none.
 */
export function readInput(values: Values): GivenInput {
  const { schema = "" } = values;
  const read = schema === "" ? null : readJson(schema);
  const fields = read !== null && "value" in read ? fieldsOf(read.value) : null;
  return fields === null
    ? { input: linesOf(values, "input"), schema: "" }
    : { input: inputOfFields(fields, values), schema };
}

type Props = { given: GivenInput; failure: Failure };

/** Why the form was refused: above its fields, with the labels of all of them. */
export const FailuresWithInput = ({ given, failure, labels }: Props & { labels: Readonly<Record<string, string>> }) => {
  const made = fieldsFor(given);
  return (
    <Failures
      failure={made ? failure : withLines(failure, "input", given.input)}
      labels={{ ...(made && labelsOfFields(made.fields)), ...labels }}
    />
  );
};

/** `hint` says of the JSON what becomes of it. `legend` is the heading of the fields, in a form that has others before them. */
export const InputFields = ({ given, failure, hint, legend }: Props & { hint: string; legend?: string }) => {
  const made = fieldsFor(given);
  if (made) {
    const fields = <SchemaFields fields={made.fields} values={made.values} failure={failure} />;
    return (
      <>
        <input type="hidden" name="schema" value={given.schema} />
        {legend === undefined ? (
          fields
        ) : (
          <fieldset class="stack">
            <legend>{legend}</legend>
            {fields}
          </fieldset>
        )}
      </>
    );
  }
  return (
    <>
      <JsonEditor name="input" label="Input (optional)" text={given.input} failure={failure} hint={hint} />
      {given.schema !== "" && (
        <details>
          <summary>The schema that it must fit</summary>
          <pre>{JSON.stringify(JSON.parse(given.schema), null, 2)}</pre>
        </details>
      )}
    </>
  );
};
