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
import { Name } from "../../components.tsx";
import {
  type FormField,
  FormFields,
  labelsOf,
  line,
  lines,
  listOf,
  oneOf,
  severalOf,
  textsOf,
  wholeNumber,
} from "../../form-fields.tsx";
import { choicesOf, type Failure, Failures, NO_FAILURE, type Values } from "../../forms.tsx";
import { JsonEditor, withLines } from "../../invoke/kit/json-editor.tsx";
import { Page } from "../../layout.tsx";
import { Trail } from "../../trail.tsx";
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

/** The fields of the form but for the schema of the input. */
export const FIELDS: readonly FormField[] = [
  {
    name: "handover",
    label: "How a run gets to its runner",
    control: oneOf(choicesOf(HANDOVERS, HANDOVER_TEXTS)),
  },
  {
    ...{ name: "runner_tags", label: "Tags that a runner needs", note: "optional" },
    hint: "Such as gpu. When runners ask for its runs, only those with all of these tags get one.",
    control: { ...line({}, listOf), write: (tags) => (Array.isArray(tags) ? tags.join(" ") : "") },
  },
  {
    ...{ name: "lease_seconds", label: "Seconds that a runner may be silent" },
    hint: "30 to 3600. It holds for runs that are leased, and for a runner with a URL from its first heartbeat on.",
    control: wholeNumber(),
  },
  {
    ...{ name: "max_attempts", label: "Attempts in total" },
    hint: "1 to 10. With 1, a run is not retried automatically.",
    control: wholeNumber(),
  },
  {
    ...{ name: "retry_on", label: "Retry a run automatically when" },
    control: severalOf(choicesOf(RETRYABLE_FAILURES, FAILURE_TEXTS)),
  },
  {
    ...{ name: "max_running", label: "Runs at the same time" },
    hint: "1 to 100. When it is raised, waiting runs start at once. When it is lowered, none is stopped.",
    control: wholeNumber(),
  },
  {
    ...{ name: "max_running_per_key", label: "Max per key", note: "optional" },
    hint: "Then keys, such as customers, take turns. Without it, runs start first in, first out.",
    control: wholeNumber(null),
  },
  {
    ...{ name: "key_from", label: "Where the input has the concurrency key", note: "optional" },
    hint: "A JSON Pointer, such as /customer/id. An invoke can also send its key.",
    control: line(),
  },
  {
    ...{ name: "when_busy", label: "If the workflow is busy" },
    hint: "With a limit for each key, only the runs of its key count. A run that is retried always waits.",
    control: oneOf(choicesOf(WHEN_BUSY, WHEN_BUSY_TEXTS)),
  },
  {
    ...{ name: "replace_grace_seconds", label: "Seconds that a replaced run has to end its work" },
    hint: `0 to ${MAX_GRACE_SECONDS}, when what is RUNNING is stopped. The new run starts after that.`,
    control: wholeNumber(0),
  },
  {
    ...{ name: "max_queued", label: "Runs that wait, at most", note: "optional" },
    hint: "1 to 1000. A further run is refused.",
    control: wholeNumber(null),
  },
  {
    ...{ name: "run_needs", label: "Without outputs, it may be run by" },
    hint: "Administrators may always. A workflow with outputs may be run by those who may write these.",
    control: oneOf(choicesOf(RUN_NEEDS, RUN_NEEDS_TEXTS)),
  },
  {
    ...{ name: "may_trigger", label: "Workflows whose runs its runs may trigger", note: "optional" },
    hint: "Their ids, one a line. A run can then trigger runs of these workflows, and wait for their ends.",
    control: lines(listOf),
  },
];

const LABELS = { ...labelsOf(FIELDS), input_schema: "What the input of a run must be" };

/** How the form says what the API says with the names of its fields. */
export const WORDING: Wording = {
  labels: LABELS,
  sentences: {
    "when_busy value_error":
      "This needs 1 run at the same time; or 1 with the same key, and where the input has the key. Otherwise it is not clear which " +
      "run is stopped.",
  },
};

/** The values of the form, as typed. */
export type PolicyValues = Values & { input_schema: string };

export const valuesOf = (policy: Policy): PolicyValues => ({
  ...textsOf(FIELDS, policy),
  input_schema: policy.input_schema === null ? "" : JSON.stringify(policy.input_schema, null, 2),
});

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
        <Trail to={[[`/app/workflows/${id}`, <Name>{name ?? "Back"}</Name>]]} />
        <h1>Policy</h1>
        <form method="post" action={`/app/workflows/${id}/policy`} class="stack">
          <Failures failure={placed} labels={LABELS} />
          <MergeFields
            merging={merging}
            labels={LABELS}
            words={(_, text) => text.replace(/^.+$/gm, (word) => WORDS[word] ?? word)}
          />
          <FormFields of={FIELDS} values={values} failure={failure} />
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
