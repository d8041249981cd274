import {
  HANDOVERS,
  type Handover,
  RETRYABLE_FAILURES,
  type RetryableFailure,
  RUN_NEEDS,
  type RunNeeds,
  WHEN_BUSY,
  type WhenBusy,
} from "../../../db/enums.ts";
import { MAX_GRACE_SECONDS, type Policy } from "../../../workflows/policy.ts";
import type { Caller } from "../../caller.ts";
import { Choices, choicesOf, type Failure, Failures, Field, NO_FAILURE } from "../../forms.tsx";
import { JsonEditor, withLines } from "../../invoke/kit/json-editor.tsx";
import { Page } from "../../layout.tsx";
import type { Wording } from "../../wording.ts";
import { MergeFields, type Merging } from "../merge.tsx";

export const HANDOVER_TEXTS: Record<Handover, string> = {
  webhook: "The service sends each run to the runner’s URL",
  lease: "Runners ask for runs: they need no URL",
};

const FAILURE_TEXTS: Record<RetryableFailure, string> = {
  LOST: "its runner stopped sending heartbeats (LOST)",
  UNREACHED: "no runner accepted it (UNREACHED)",
  DEADLINE: "it took too long (DEADLINE)",
  REPORTED: "its runner said that it failed (REPORTED)",
};

const WHEN_BUSY_TEXTS: Record<WhenBusy, string> = {
  queue: "a new run waits",
  skip: "a new run is refused",
  replace_queued: "a new run takes the place of those that wait",
  replace_running: "a new run takes the place of those that wait, and stops what is RUNNING",
};

const RUN_NEEDS_TEXTS: Record<RunNeeds, string> = {
  write: "who may change it",
  read: "who may see it",
};

/** The labels of the form's fields, by their API names. */
const LABELS = {
  handover: "How a run gets to its runner",
  lease_seconds: "Seconds that a runner may be silent",
  max_attempts: "Attempts in total",
  retry_on: "Retry a run automatically when",
  max_running: "Runs at the same time",
  max_running_per_key: "Max per key",
  key_from: "Where the input has the concurrency key",
  when_busy: "If the workflow is busy",
  replace_grace_seconds: "Seconds that a replaced run has to end its work",
  max_queued: "Runs that wait, at most",
  run_needs: "Without outputs, it may be run by",
  runner_tags: "Tags that a runner needs",
  may_trigger: "Workflows whose runs its runs may trigger",
  input_schema: "What the input of a run must be",
};

/** How the form says what the API says with the names of its fields. */
export const WORDING: Wording = {
  labels: LABELS,
  sentences: {
    "when_busy value_error":
      "This needs 1 run at the same time; or 1 with the same key, and where the input has the key. Otherwise it is not clear which " +
      "run is stopped.",
  },
};

/** The values of the policy form, as typed. */
export type PolicyValues = {
  handover: string;
  lease_seconds: string;
  max_attempts: string;
  retry_on: readonly string[];
  max_running: string;
  /** Empty for no limit. */
  max_running_per_key: string;
  /** Empty for none. */
  key_from: string;
  when_busy: string;
  replace_grace_seconds: string;
  /** Empty for no limit. */
  max_queued: string;
  run_needs: string;
  /** Separated by spaces or commas. */
  runner_tags: string;
  /** Ids, separated by spaces, commas or lines. */
  may_trigger: string;
  /** The text of JSON; empty for none. */
  input_schema: string;
};

export const valuesOf = (policy: Policy): PolicyValues => ({
  handover: policy.handover,
  lease_seconds: String(policy.lease_seconds),
  max_attempts: String(policy.max_attempts),
  retry_on: policy.retry_on,
  max_running: String(policy.max_running),
  max_running_per_key: String(policy.max_running_per_key ?? ""),
  key_from: policy.key_from ?? "",
  when_busy: policy.when_busy,
  replace_grace_seconds: String(policy.replace_grace_seconds),
  max_queued: String(policy.max_queued ?? ""),
  run_needs: policy.run_needs,
  runner_tags: policy.runner_tags.join(" "),
  may_trigger: policy.may_trigger.join("\n"),
  input_schema: policy.input_schema === null ? "" : JSON.stringify(policy.input_schema, null, 2),
});

type NumberFieldProps = {
  name:
    | "lease_seconds"
    | "max_attempts"
    | "max_running"
    | "max_running_per_key"
    | "replace_grace_seconds"
    | "max_queued";
  values: PolicyValues;
  failure: Failure;
  hint: string;
  isOptional?: boolean;
};

/** A field for a whole number. */
const NumberField = ({ name, values, failure, hint, isOptional = false }: NumberFieldProps) => (
  <Field
    name={name}
    label={isOptional ? `${LABELS[name]} (optional)` : LABELS[name]}
    failure={failure}
    hint={hint}
    control={(a) => <input {...a} type="text" inputmode="numeric" value={values[name]} required={!isOptional} />}
  />
);

/** The words of the choices in the form. */
const WORDS: Readonly<Record<string, string>> = { ...HANDOVER_TEXTS, ...FAILURE_TEXTS, ...WHEN_BUSY_TEXTS };

type Props = {
  caller?: Caller;
  id: string;
  name?: string;
  values: PolicyValues;
  merging: Merging;
  failure?: Failure;
};

export const PolicyPage = ({ caller, id, name, values, merging, failure = NO_FAILURE }: Props) => {
  const placed = withLines(failure, "input_schema", values.input_schema);
  return (
    <Page title="Policy" section="workflows" {...(caller && { caller })}>
      <div class="narrow">
        <p class="crumbs">
          <a href={`/app/workflows/${id}`}>← {name ?? "Back"}</a>
        </p>
        <h1>Policy</h1>
        <form method="post" action={`/app/workflows/${id}/policy`} class="stack">
          <Failures failure={placed} labels={LABELS} />
          <MergeFields merging={merging} labels={LABELS} words={(_, text) => WORDS[text] ?? text} />
          <Field
            name="handover"
            label="How a run gets to its runner"
            failure={failure}
            control={(a) => (
              <Choices attributes={a} choices={choicesOf(HANDOVERS, HANDOVER_TEXTS)} chosen={values.handover} />
            )}
          />
          <Field
            name="runner_tags"
            label={`${LABELS.runner_tags} (optional)`}
            failure={failure}
            hint="Such as gpu. When runners ask for its runs, only those with all of these tags get one."
            control={(a) => <input {...a} type="text" value={values.runner_tags} autocomplete="off" />}
          />
          <NumberField
            values={values}
            failure={failure}
            name="lease_seconds"
            hint="30 to 3600. It holds for runs that are leased, and for a runner with a URL from its first heartbeat on."
          />
          <NumberField
            values={values}
            failure={failure}
            name="max_attempts"
            hint="1 to 10. With 1, a run is not retried automatically."
          />
          <fieldset>
            <legend>{LABELS.retry_on}</legend>
            {RETRYABLE_FAILURES.map((code) => (
              <label class="choice">
                <input type="checkbox" name="retry_on" value={code} checked={values.retry_on.includes(code)} />
                {FAILURE_TEXTS[code]}
              </label>
            ))}
          </fieldset>
          <NumberField
            values={values}
            failure={failure}
            name="max_running"
            hint="1 to 100. When it is raised, waiting runs start at once. When it is lowered, none is stopped."
          />
          <NumberField
            values={values}
            failure={failure}
            name="max_running_per_key"
            isOptional
            hint="Then keys, such as customers, take turns. Without it, runs start first in, first out."
          />
          <Field
            name="key_from"
            label="Where the input has the concurrency key (optional)"
            failure={failure}
            hint="A JSON Pointer, such as /customer/id. An invoke can also send its key."
            control={(a) => <input {...a} type="text" value={values.key_from} autocomplete="off" />}
          />
          <Field
            name="when_busy"
            label={LABELS.when_busy}
            failure={failure}
            hint="With a limit for each key, only the runs of its key count. A run that is retried always waits."
            control={(a) => (
              <Choices attributes={a} choices={choicesOf(WHEN_BUSY, WHEN_BUSY_TEXTS)} chosen={values.when_busy} />
            )}
          />
          <NumberField
            values={values}
            failure={failure}
            name="replace_grace_seconds"
            hint={`0 to ${MAX_GRACE_SECONDS}, when what is RUNNING is stopped. The new run starts after that.`}
          />
          <NumberField
            values={values}
            failure={failure}
            name="max_queued"
            isOptional
            hint="1 to 1000. A further run is refused."
          />
          <Field
            name="run_needs"
            label={LABELS.run_needs}
            failure={failure}
            hint="Administrators may always. A workflow with outputs may be run by those who may write these."
            control={(a) => (
              <Choices attributes={a} choices={choicesOf(RUN_NEEDS, RUN_NEEDS_TEXTS)} chosen={values.run_needs} />
            )}
          />
          <Field
            name="may_trigger"
            label={`${LABELS.may_trigger} (optional)`}
            failure={failure}
            hint="Their ids, one a line. A run can then trigger runs of these workflows, and wait for their ends."
            control={(a) => (
              <textarea {...a} rows={2} autocomplete="off">
                {values.may_trigger}
              </textarea>
            )}
          />
          <JsonEditor
            name="input_schema"
            label={`${LABELS.input_schema} (optional)`}
            text={values.input_schema}
            failure={placed}
            hint="A JSON Schema (2020-12). A run whose input does not fit it is not triggered, and forms have its fields. Triggers whose input does not fit it any more are marked in their list."
          />
          <p class="muted">A RUNNING run keeps its lease or dispatch, and a run keeps its key.</p>
          <button type="submit" class="primary">
            Save
          </button>
        </form>
      </div>
    </Page>
  );
};
