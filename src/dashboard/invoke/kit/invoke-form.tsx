import { type Child, useContext } from "hono/jsx";
import type { Labels } from "../../../runs/labels.ts";
import { type Failure, Field, faultsAt } from "../../forms.tsx";
import { ListContext, withList } from "../../list-context.ts";
import { NewId } from "../../new-id.tsx";
import { textsOf as textsOfLabels } from "../../runs/kit/run-labels.tsx";
import { FailuresWithInput, type GivenInput, InputFields, showInput } from "./input-fields.tsx";
import { MinuteField } from "./minute-field.tsx";
import { PriorityField } from "./priority-field.tsx";
import { textOfBefore } from "./read-fields.ts";

/** The labels of the form's fields, by their API names. */
export const LABELS = {
  input: "Input",
  labels: "Labels",
  concurrency_key: "Concurrency key",
  priority: "Priority",
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
  /** The labels and the key with which the form began: see `textOfBefore`. */
  before: "",
  /** Empty for 0. */
  priority: "",
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

/** The text with which the field of the priority begins. */
export const textOfPriority = (priority: number): string => (priority === 0 ? "" : String(priority));

/** What the form takes over from a run besides its input, to run it again. */
export const takenOver = (run: { id: string; labels: Labels; concurrency_key: string; priority: number }) => ({
  ...{ runId: run.id, labels: textOfLabels(run.labels), concurrencyKey: run.concurrency_key },
  ...{ before: textOfBefore(run), priority: textOfPriority(run.priority) },
});

/** A longer text is not indented: the JSON of an input takes up to half of what a request may have, and its indents must fit beside it. */
const MAX_INDENTED = 20_000;

/** The text with which the form begins: an input, indented unless it is very long, or empty for none. */
export function textOfInput(input: string | null): string {
  const text = input === null ? "" : JSON.stringify(JSON.parse(input), null, 2);
  return text.length > MAX_INDENTED ? JSON.stringify(JSON.parse(text)) : text;
}

type InvokeFormProps = {
  id: string;
  given: Invocation;
  failure: Failure;
  /** The offer to begin with another input, which stands below that field. */
  offer?: Child;
};

/** Triggers a run of the workflow with this id. It is sent as it is, since an encoded input may be three times as long. */
export const InvokeForm = ({ id, given, failure, offer }: InvokeFormProps) => {
  const shown = showInput(given, failure);
  const action = withList(useContext(ListContext), `/app/workflows/${id}/invoke`);
  return (
    <form method="post" action={action} enctype="multipart/form-data" class="stack">
      <NewId isNewAfterBack />
      <FailuresWithInput shown={shown} labels={LABELS} />
      <input type="hidden" name="run" value={given.runId} />
      <input type="hidden" name="before" value={given.before} />
      <input type="hidden" name="workflow" value={given.workflow} />
      <InputFields
        shown={shown}
        hint='A JSON object, such as {"quarter": "2026-Q1"}. The runner gets it beside the files.'
      />
      {offer}
      <details
        class="more-fields"
        open={
          [
            ...[given.labels, given.concurrencyKey, given.priority],
            ...[given.startAfter, given.mustStartBy, given.idempotencyKey],
          ].some(Boolean) || Object.keys(LABELS).some((name) => name !== "input" && faultsAt(failure, name).length > 0)
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
        <PriorityField value={given.priority} failure={failure} />
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
