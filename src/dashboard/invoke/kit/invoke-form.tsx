import type { Labels } from "../../../runs/labels.ts";
import { type Failure, Field, faultsAt } from "../../forms.tsx";
import { textsOf as textsOfLabels } from "../../runs/kit/run-labels.tsx";
import { MAX_SHOWN } from "../../runs/kit/view-run.ts";
import { FailuresWithInput, type GivenInput, InputFields, showInput } from "./input-fields.tsx";
import { MinuteField } from "./minute-field.tsx";

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
  ...({ input: "", schema: "" } satisfies GivenInput),
  /** One in each line. */
  labels: "",
  concurrencyKey: "",
  /** Minutes in UTC: `2026-01-31T12:00`. `find.js` shows and sends them in the reader's time zone. */
  startAfter: "",
  mustStartBy: "",
  idempotencyKey: "",
  /** The run that is run again. */
  runId: "",
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

/** Triggers a run of the workflow with this id. */
export const InvokeForm = ({ id, given, failure }: InvokeFormProps) => {
  const shown = showInput(given, failure);
  return (
    <form method="post" action={`/app/workflows/${id}/invoke`} class="stack">
      <FailuresWithInput shown={shown} labels={LABELS} />
      <input type="hidden" name="run" value={given.runId} />
      <input type="hidden" name="workflow" value={given.workflow} />
      <InputFields
        shown={shown}
        hint='A JSON object, such as {"quarter": "2026-Q1"}. The runner gets it beside the files.'
      />
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
