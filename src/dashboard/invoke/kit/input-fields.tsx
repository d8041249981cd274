/**
 * The input of runs in a form: fields that are made of the workflow's input schema, when they can show all of the input, or else a field for
 * JSON.
 */
import { type Failure, Failures, type Values } from "../../forms.tsx";
import { readJson } from "../json-text.ts";
import {
  fieldsOf,
  inputOfFields,
  labelsOfFields,
  SchemaFields,
  type SimpleField,
  valuesOfInput,
} from "../schema-fields.tsx";
import { JsonEditor, type PlacedFailure, withLines } from "./json-editor.tsx";
import { linesOf } from "./read-fields.ts";

export type GivenInput = {
  /** The text of JSON. */
  input: string;
  /** The workflow's input schema as text; empty for none. A form whose fields are made of it sends it. */
  schema: string;
};

/** An input schema as the text that a {@link GivenInput} has. */
export const textOfSchema = (schema: unknown): string => (schema === null ? "" : JSON.stringify(schema));

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

/** What a form shows of an input, and why it was refused. */
type ShownInput = {
  given: GivenInput;
  /** The fields that are made of the schema, with their values; null when the input is written as JSON. */
  made: { fields: SimpleField[]; values: Record<string, unknown> } | null;
  failure: PlacedFailure;
};

/** Decides how a form shows its input. A form calls it once, since it reads the whole text. */
export function showInput(given: GivenInput, failure: Failure): ShownInput {
  const { schema, input } = given;
  const fields = schema === "" ? null : fieldsOf(JSON.parse(schema));
  const values = fields && valuesOfInput(fields, input);
  const made = fields && values && { fields, values };
  return { given, made, failure: made ? { ...failure, inLines: new Map() } : withLines(failure, "input", input) };
}

type FailuresProps = { shown: ShownInput; labels: Readonly<Record<string, string>> };

/** Why the form was refused: above its fields, with the labels of all of them. */
export const FailuresWithInput = ({ shown: { made, failure }, labels }: FailuresProps) => (
  <Failures failure={failure} labels={{ ...(made && labelsOfFields(made.fields)), ...labels }} />
);

type Props = { shown: ShownInput; hint: string; legend?: string };

/** `hint` says of the JSON what becomes of it. `legend` is the heading of the fields, in a form that has others before them. */
export const InputFields = ({ shown: { given, made, failure }, hint, legend }: Props) => {
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
