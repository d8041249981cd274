import type { Labels } from "../../runs/labels.ts";
import { type Failure, Failures, Field, faultsAt } from "../forms.tsx";
import { textsOf as textsOfLabels } from "../runs/labels/run-labels.tsx";
import { MAX_SHOWN } from "../runs/view-run.ts";
import { JsonEditor, withLines } from "./json-editor.tsx";
import { MinuteField } from "./minute-field.tsx";
import { fieldsOf, labelsOfFields, SchemaFields, valuesOfInput } from "./schema-fields.tsx";

/** The labels of the form's fields, by their API names. */
export const LABELS = {
  input: "Input",
  labels: "Labels",
  concurrency_key: "Concurrency key",
  start_after: "Start not before",
  must_start_by: "Start at the latest",
  idempotency_key: "Idempotency key",
};

/** What somebody has typed into the form, or what it begins with: nothing. */
export const NO_INVOCATION = {
  /** The text of JSON. */
  input: "",
  /** One in each line. */
  labels: "",
  concurrencyKey: "",
  /** Minutes in UTC: `2026-01-31T12:00`. `find.js` shows and sends them in the reader's time zone. */
  startAfter: "",
  mustStartBy: "",
  idempotencyKey: "",
  /** The run that is run again. */
  runId: "",
  /** The workflow's input schema as text; empty for none. A form whose fields are made of it sends it. */
  schema: "",
  /** The name of the workflow. The form sends it, so that the page that answers a refused one can say it. */
  workflow: "",
};

export type Invocation = typeof NO_INVOCATION;

/** The text with which the field of labels begins. */
export const textOfLabels = (labels: Labels): string => textsOfLabels(labels).join("\n");

/**
 * The text with which the form begins, for the beginning of an input: the whole input, indented, or empty for none. Null for an
 * input that is too long to be shown.
 */
export function textOfInput(beginning: string | null): string | null {
  if (beginning === null) return "";
  return [...beginning].length > MAX_SHOWN ? null : JSON.stringify(JSON.parse(beginning), null, 2);
}

type InvokeFormProps = { id: string; given: Invocation; failure: Failure };

/** An input schema as the text that an {@link Invocation} has. */
export const textOfSchema = (schema: unknown): string => (schema === null ? "" : JSON.stringify(schema));

/** The fields that are made of the schema, with their values; null when the input is written as JSON. */
function fieldsFor({ schema, input }: Invocation) {
  const fields = schema === "" ? null : fieldsOf(JSON.parse(schema));
  const values = fields && valuesOfInput(fields, input);
  return fields && values && { fields, values };
}

const InputEditor = ({ given, failure }: { given: Invocation; failure: Failure }) => (
  <>
    <JsonEditor
      name="input"
      label="Input (optional)"
      text={given.input}
      failure={failure}
      hint='A JSON object, such as {"quarter": "2026-Q1"}. The runner gets it beside the files.'
    />
    {given.schema !== "" && (
      <details>
        <summary>The schema that it must fit</summary>
        <pre>{JSON.stringify(JSON.parse(given.schema), null, 2)}</pre>
      </details>
    )}
  </>
);

/** Triggers a run of the workflow with this id. */
export const InvokeForm = ({ id, given, failure }: InvokeFormProps) => {
  const made = fieldsFor(given);
  return (
    <form method="post" action={`/app/workflows/${id}/invoke`} class="stack">
      <Failures
        failure={made ? failure : withLines(failure, "input", given.input)}
        labels={{ ...(made && labelsOfFields(made.fields)), ...LABELS }}
      />
      <input type="hidden" name="run" value={given.runId} />
      <input type="hidden" name="workflow" value={given.workflow} />
      {made ? (
        <>
          <input type="hidden" name="schema" value={given.schema} />
          <SchemaFields fields={made.fields} values={made.values} failure={failure} />
        </>
      ) : (
        <InputEditor given={given} failure={failure} />
      )}
      <details
        class="more-fields"
        open={
          [given.labels, given.concurrencyKey, given.startAfter, given.mustStartBy, given.idempotencyKey].some(
            Boolean,
          ) || Object.keys(LABELS).some((name) => name !== "input" && faultsAt(failure, name).length > 0)
        }
      >
        <summary>More</summary>
        <Field
          name="labels"
          label="Labels (optional)"
          failure={failure}
          hint="One in each line, to find the run by, such as customer:4711."
          control={(a) => (
            <textarea {...a} rows={2} spellcheck={false} autocomplete="off">
              {given.labels}
            </textarea>
          )}
        />
        <Field
          name="concurrency_key"
          label="Concurrency key (optional)"
          failure={failure}
          hint="Whose run it is, such as a customer. The workflow’s policy can limit the runs of each key."
          control={(a) => <input {...a} type="text" value={given.concurrencyKey} autocomplete="off" />}
        />
        <MinuteField
          name="start_after"
          label={LABELS.start_after}
          value={given.startAfter}
          failure={failure}
          hint="It waits outside of the queue until then, and joins its end. At most 90 days from now."
        />
        <MinuteField
          name="must_start_by"
          label={LABELS.must_start_by}
          value={given.mustStartBy}
          failure={failure}
          hint="If it has not started before that, it fails as expired."
        />
        <Field
          name="idempotency_key"
          label="Idempotency key (optional)"
          failure={failure}
          hint="Invoking again with the same key does not trigger a second run."
          control={(a) => <input {...a} type="text" value={given.idempotencyKey} autocomplete="off" />}
        />
      </details>
      <button type="submit" class="primary">
        {given.runId === "" ? "Invoke" : "Run again"}
      </button>
    </form>
  );
};
