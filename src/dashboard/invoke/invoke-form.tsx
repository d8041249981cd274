import type { Labels } from "../../runs/labels.ts";
import { type Failure, Failures, Field, faultsAt } from "../forms.tsx";
import { textsOf as textsOfLabels } from "../runs/labels/run-labels.tsx";
import { MAX_SHOWN } from "../runs/view-run.ts";
import { JsonEditor, withLines } from "./json-editor.tsx";

const LABELS = {
  input: "Input",
  labels: "Labels",
  concurrency_key: "Concurrency key",
  idempotency_key: "Idempotency key",
};

/**
 * What somebody has typed into the form. The input is the text of JSON, and the labels have one line each. `runId` is the run that is
 * run again, or empty. `workflow` is the name of the workflow: the form sends it, so that the page that answers a refused one can say it.
 */
export type Invocation = {
  input: string;
  idempotencyKey: string;
  concurrencyKey: string;
  labels: string;
  runId: string;
  workflow: string;
};

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

/** Triggers a run of the workflow with this id. */
export const InvokeForm = ({ id, given, failure }: InvokeFormProps) => (
  <form method="post" action={`/app/workflows/${id}/invoke`} class="stack">
    <Failures failure={withLines(failure, "input", given.input)} labels={LABELS} />
    <input type="hidden" name="run" value={given.runId} />
    <input type="hidden" name="workflow" value={given.workflow} />
    <JsonEditor
      name="input"
      label="Input (optional)"
      text={given.input}
      failure={failure}
      hint='A JSON object, such as {"quarter": "2026-Q1"}. The runner gets it beside the files.'
    />
    <details
      class="more-fields"
      open={
        given.idempotencyKey + given.concurrencyKey + given.labels !== "" ||
        ["idempotency_key", "concurrency_key", "labels"].some((name) => faultsAt(failure, name).length > 0)
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
