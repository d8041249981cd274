/** What the forms of all kinds of triggers have in common. */

import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { WHEN_BUSY, type WhenBusy } from "../../db/enums.ts";
import type { TriggerRow } from "../../triggers/triggers.ts";
import type { Caller } from "../caller.ts";
import { type FormField, readFields } from "../form-fields.tsx";
import {
  type Choice,
  Choices,
  choicesOf,
  type Failure,
  Field,
  isFilled,
  toWholeNumber,
  type Values,
} from "../forms.tsx";
import { FailuresWithInput, InputFields, readInput, showInput } from "../invoke/kit/input-fields.tsx";
import { textOfLabels, textOfPriority } from "../invoke/kit/invoke-form.tsx";
import { PriorityField } from "../invoke/kit/priority-field.tsx";
import { type FormBody, linesOf, readJsonField, readLabelsAndKey, textOfBefore } from "../invoke/kit/read-fields.ts";
import { Page } from "../layout.tsx";
import { NewId } from "../new-id.tsx";
import { Trail } from "../trail.tsx";
import type { Wording } from "../wording.ts";

export const WHEN_BUSY_WORDS: Record<WhenBusy, string> = {
  queue: "the new run waits",
  skip: "it does not fire",
  replace_queued: "the new run takes the place of those that wait",
  replace_running: "the new run takes the place of those that wait, and stops what is RUNNING",
};

/** The labels of the fields, by their API names. */
export const COMMON_LABELS = {
  name: "Name",
  input: "Input",
  labels: "Labels",
  concurrency_key: "Concurrency key",
  priority: "Priority",
  when_busy: "If the workflow is busy",
};

export const COMMON_SENTENCES = {
  "name string_too_short": "Give it a name.",
  "when_busy value_error":
    "This needs 1 run at the same time; or 1 with the same key, and where the input has the key. Otherwise it is not clear which " +
    "run is stopped.",
};

/** The values of the fields, as typed. `fields` are those that only this kind of trigger has. */
export const readCommon = (values: Values, fields: readonly FormField[]): Values => ({
  ...Object.fromEntries(
    ["name", "priority", "when_busy", "is_active"].map((name) => [name, values[name]?.trim() ?? ""]),
  ),
  ...readFields(fields, (name) => [values[name] ?? ""]),
  ...readInput(values),
  ...{ labels: linesOf(values, "labels"), concurrency_key: values.concurrency_key ?? "", before: values.before ?? "" },
});

export const commonValuesOf = (trigger: TriggerRow): Values => ({
  name: trigger.name,
  input: trigger.input === null ? "" : JSON.stringify(trigger.input, null, 2),
  labels: textOfLabels(trigger.labels),
  concurrency_key: trigger.concurrency_key ?? "",
  priority: textOfPriority(trigger.priority),
  when_busy: trigger.when_busy ?? "",
  before: textOfBefore(trigger),
});

/** The fields as a part of the API's request, and what is wrong with the texts that the API would not get. */
export function toCommonBody(values: Values) {
  const { labels = "", concurrency_key: concurrencyKey = "", before = "" } = values;
  const { value: input, faults } = readJsonField("input", values.input ?? "");
  const read = readLabelsAndKey({ labels, concurrencyKey, before });
  const body = {
    name: values.name,
    input,
    labels: read.labels,
    concurrency_key: read.key,
    priority: toWholeNumber(values.priority || "0"),
    when_busy: values.when_busy || null,
    is_active: values.is_active !== "false",
  };
  return { body, faults: [...faults, ...read.faults] };
}

export type FormProps = {
  caller?: Caller;
  title: string;
  action: string;
  back: string;
  values: Values;
  failure?: Failure;
};

/** The form of a kind of trigger: how its values are read, and how it is shown. */
export type KindForm = {
  /** True when its input must fit the workflow's schema, unless that comes from the occasion. */
  hasFixedInput: boolean;
  /** The titles of its page. */
  titles: { create: string; change: string };
  /** The values of a new trigger. */
  initial: Values;
  /** The values of the form, as typed. */
  read: (values: Values) => Values;
  toBody: (values: Values) => FormBody;
  /** The values of a trigger; null for one of another kind. */
  valuesOf: (trigger: TriggerRow) => Values | null;
  /** How the form says what the API says with the names of its fields. */
  wording: Wording;
  /** `isNew`: the trigger does not exist yet. `choices` are other workflows that can be chosen, as far as they are known. */
  Form: (props: FormProps & { isNew?: boolean; choices?: readonly Choice[] }) => JSX.Element;
};

type ShellProps = Required<Omit<FormProps, "caller">> &
  Pick<FormProps, "caller"> & {
    labels: Readonly<Record<string, string>>;
    /** The fields of the kind of the trigger. */
    fields: Child;
    inputHint: string;
    /** The heading of the fields that are made of the workflow's input schema. A kind without them takes the input as JSON. */
    inputLegend?: string;
    labelsHint?: string;
    more: Child;
    isUnfolded: boolean;
  };

/** The page of the form. `more` is folded unless `isUnfolded`. */
export const TriggerForm = (props: ShellProps) => {
  const { caller, title, action, back, values, failure, labels } = props;
  const shown = showInput({ input: values.input ?? "", schema: values.schema ?? "" }, failure);
  return (
    <Page title={title} section="workflows" {...(caller && { caller })}>
      <div class="narrow">
        <Trail to={[[back, "Back"]]} />
        <h1>{title}</h1>
        <form method="post" action={action} class="card stack" novalidate>
          <FailuresWithInput shown={shown} labels={labels} />
          <NewId />
          {values.is_active && <input type="hidden" name="is_active" value={values.is_active} />}
          <input type="hidden" name="before" value={values.before} />
          <Field
            name="name"
            label={COMMON_LABELS.name}
            failure={failure}
            control={(a) => <input {...a} type="text" value={values.name} required maxlength={100} dir="auto" />}
          />
          {props.fields}
          <Field
            name="when_busy"
            label={COMMON_LABELS.when_busy}
            failure={failure}
            control={(a) => (
              <Choices
                attributes={a}
                none="what the policy of the workflow says"
                choices={choicesOf(WHEN_BUSY, WHEN_BUSY_WORDS)}
                chosen={values.when_busy}
              />
            )}
          />
          <InputFields
            shown={shown}
            hint={props.inputHint}
            {...(props.inputLegend !== undefined && { legend: props.inputLegend })}
          />
          <details
            class="more-fields"
            open={props.isUnfolded || isFilled(["labels", "concurrency_key", "priority"], values, failure)}
          >
            <summary>More</summary>
            <Field
              name="labels"
              label={`${COMMON_LABELS.labels} (optional)`}
              failure={failure}
              hint={props.labelsHint ?? "Of each run: one in each line, such as customer:4711."}
              control={(a) => (
                <textarea {...a} rows={2} spellcheck={false} autocomplete="off">
                  {values.labels}
                </textarea>
              )}
            />
            <Field
              name="concurrency_key"
              label={`${COMMON_LABELS.concurrency_key} (optional)`}
              failure={failure}
              hint="Whose runs they are, such as a customer. The workflow’s policy can limit the runs of each key."
              control={(a) => <input {...a} type="text" value={values.concurrency_key} autocomplete="off" />}
            />
            <PriorityField value={values.priority ?? ""} failure={failure} />
            {props.more}
          </details>
          <p class="muted">It fires with the rights that you have whenever it fires. A change counts from now on.</p>
          <div class="actions">
            <button type="submit" class="primary">
              Save
            </button>
          </div>
        </form>
      </div>
    </Page>
  );
};
