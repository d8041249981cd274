import { INPUTS_FROM, RUN_ENDS, type RunTrigger } from "../../triggers/run-trigger.ts";
import { type Choice, Choices, choicesOf, Field, NO_FAILURE, type Values } from "../forms.tsx";
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

/** The labels of the form's fields, by their API names. */
const LABELS = {
  ...COMMON_LABELS,
  "run.of": "After runs of the workflow",
  "run.on": "Once such a run",
  "run.input_from": "The new run gets",
};

const WORDING: Wording = {
  labels: LABELS,
  sentences: { ...COMMON_SENTENCES, "run.of uuid_parsing": "Choose a workflow." },
};

const NAMES = ["of", "on", "input_from"] as const;

const read = (values: Values): Values => readCommon(values, NAMES);

const INITIAL: Values = { on: "completed", input_from: "fixed", is_active: "true" };

function toBody(values: Values) {
  const { body, faults } = toCommonBody(values);
  const run = { of: values.of, on: values.on || undefined, input_from: values.input_from || undefined };
  return { body: { ...body, kind: "run", run }, faults };
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
      fields={
        <>
          <Field
            name="of"
            path="run.of"
            label={LABELS["run.of"]}
            failure={failure}
            {...(choices.length === 0 && { hint: "The id of the workflow, which its page shows." })}
            control={(a) =>
              choices.length === 0 ? (
                <input {...a} type="text" value={values.of} required autocomplete="off" spellcheck={false} />
              ) : (
                <Choices attributes={{ ...a, required: true }} none="Choose one" choices={choices} chosen={values.of} />
              )
            }
          />
          <Field
            name="on"
            path="run.on"
            label={LABELS["run.on"]}
            failure={failure}
            control={(a) => <Choices attributes={a} choices={choicesOf(RUN_ENDS, END_WORDS)} chosen={values.on} />}
          />
          <Field
            name="input_from"
            path="run.input_from"
            label={LABELS["run.input_from"]}
            failure={failure}
            control={(a) => (
              <Choices attributes={a} choices={choicesOf(INPUTS_FROM, INPUT_FROM_WORDS)} chosen={values.input_from} />
            )}
          />
        </>
      }
      more={null}
    />
  );
};

export const runForm: KindForm = {
  hasFixedInput: true,
  titles: { create: "New trigger after another workflow", change: "Change the trigger" },
  initial: INITIAL,
  read,
  toBody,
  valuesOf: (trigger) => trigger.run && { ...commonValuesOf(trigger), ...trigger.run },
  wording: WORDING,
  Form: RunForm,
};
