import { INPUTS_FROM, RUN_ENDS, type RunTrigger } from "../../triggers/run-trigger.ts";
import { bodyOf, type FormField, FormFields, labelsOf, line, oneOf } from "../form-fields.tsx";
import { type Choice, choicesOf, NO_FAILURE, type Values } from "../forms.tsx";
import type { Wording } from "../wording.ts";
import {
  COMMON_LABELS,
  COMMON_SENTENCES,
  commonValuesOf,
  type FormProps,
  type KindForm,
  readCommon,
  TriggerForm,
  toCommonBody,
} from "./common-fields.tsx";

export const END_WORDS: Record<RunTrigger["on"], string> = {
  completed: "is COMPLETED",
  failed: "is FAILED, and is not retried",
  ended: "has ended, COMPLETED or FAILED",
};

export const INPUT_FROM_WORDS: Record<RunTrigger["input_from"], string> = {
  fixed: "the input below",
  output: "the output of the run that has ended, if it is an object",
  run: "the id, the state, the output and the error of the run that has ended",
};

/** Choices that are not known, as in a form that is shown again, leave a field for an id. */
const fieldsOf = (choices: readonly Choice[]): FormField[] => [
  {
    ...{ name: "of", label: "After runs of the workflow" },
    ...(choices.length === 0 && { hint: "The id of the workflow, which its page shows." }),
    control: choices.length === 0 ? line({ required: true }, (id) => id) : oneOf(choices, "Choose one"),
  },
  { name: "on", label: "Once such a run", control: oneOf(choicesOf(RUN_ENDS, END_WORDS)) },
  { name: "input_from", label: "The new run gets", control: oneOf(choicesOf(INPUTS_FROM, INPUT_FROM_WORDS)) },
];

const FIELDS = fieldsOf([]);

const LABELS = { ...COMMON_LABELS, ...labelsOf(FIELDS, "run.") };

const WORDING: Wording = {
  labels: LABELS,
  sentences: { ...COMMON_SENTENCES, "run.of uuid_parsing": "Choose a workflow." },
};

const INITIAL: Values = { on: "completed", input_from: "fixed", is_active: "true" };

function toBody(values: Values) {
  const { body, faults } = toCommonBody(values);
  return { body: { ...body, kind: "run", run: bodyOf(FIELDS, values) }, faults };
}

type RunFormProps = FormProps & {
  /** The workflows after whose runs it may fire. Left out when they are not known, as in a form that is shown again. */
  choices?: readonly Choice[];
};

const RunForm = ({ failure = NO_FAILURE, choices = [], ...props }: RunFormProps) => {
  const { values } = props;
  return (
    <TriggerForm
      {...props}
      failure={failure}
      labels={LABELS}
      inputHint="A JSON object. Each run gets it, unless its input comes from the run that has ended."
      inputLegend="The input that each run gets, unless it comes from the run that has ended"
      labelsHint="Of each run, besides those of the run that has ended: one in each line, such as customer:4711."
      isUnfolded={false}
      fields={<FormFields of={fieldsOf(choices)} at="run." values={values} failure={failure} />}
      more={null}
    />
  );
};

export const runForm: KindForm = {
  hasFixedInput: true,
  titles: { create: "New trigger after another workflow", change: "Change the trigger" },
  initial: INITIAL,
  read: (values) => readCommon(values, FIELDS),
  toBody,
  valuesOf: (trigger) => trigger.run && { ...commonValuesOf(trigger), ...trigger.run },
  wording: WORDING,
  Form: RunForm,
};
