import { HANDOVERS } from "../../db/enums.ts";
import { ALLOWED_PART_TYPES } from "../../workflows/abcd.ts";
import type { Caller } from "../caller.ts";
import { formatChoice, type Making, type Opened, PartPicker, parseChoice } from "../files/kit/part-picker.tsx";
import {
  Choices,
  choicesOf,
  type Failure,
  Failures,
  Field,
  faultsAt,
  NO_FAILURE,
  toWholeNumber,
  type Values,
} from "../forms.tsx";
import { Page } from "../layout.tsx";
import { NewId } from "../new-id.tsx";
import { Trail } from "../trail.tsx";
import type { ViewedWorkflow } from "./kit/view-workflow.ts";
import { begun, MergeFields, type Merging, readBase } from "./merge.tsx";
import { HANDOVER_TEXTS } from "./policy/policy-form.tsx";

/** The four ABCD parameters, each with its name in the form (`field`) and in the API (`path`). */
const PICKERS = [
  {
    field: "source",
    path: "source_path_part_ids",
    label: "Sources",
    hint: "What a run reads: folders or documents.",
  },
  {
    field: "instruction",
    path: "instruction_path_part_ids",
    label: "Instructions",
    hint: "What it follows: folders or documents.",
  },
  {
    field: "output",
    path: "output_path_part_ids",
    label: "Outputs",
    hint: "Where it writes: folders.",
  },
  {
    field: "template",
    path: "template_path_part_id",
    label: "Template (optional)",
    hint: "What it fills in: a document or a version of one.",
    isSingle: true,
  },
] as const;

type Picks = Readonly<Record<(typeof PICKERS)[number]["field"], readonly string[]>>;

/** The values of the form, all as text. */
export type WorkflowFormState = { values: Values; picks: Picks };

export const EMPTY_FORM: WorkflowFormState = {
  values: { handover: "lease", max_run_duration_seconds: "300", is_active: "true" },
  picks: { source: [], instruction: [], output: [], template: [] },
};

export const formOf = (workflow: ViewedWorkflow): WorkflowFormState => ({
  values: {
    name: workflow.name,
    description: workflow.description ?? "",
    runner_url: workflow.runner_url ?? "",
    max_run_duration_seconds: String(workflow.max_run_duration_seconds),
    is_active: String(workflow.is_active),
  },
  picks: {
    source: workflow.sources.map(formatChoice),
    instruction: workflow.instructions.map(formatChoice),
    output: workflow.outputs.map(formatChoice),
    template: workflow.templates.map(formatChoice),
  },
});

const MAX_NAME = 255;

/**
 * The form for a copy of a workflow. The copy gets the same policy. The secret can't be copied, since it can't be read, so the copy gets a
 * new one.
 */
export const copyOf = (workflow: ViewedWorkflow): WorkflowFormState => {
  const { values, picks } = formOf(workflow);
  const name = [...`Copy of ${workflow.name}`].slice(0, MAX_NAME).join("");
  return { values: { ...values, name, is_active: "true", policy_of: workflow.id }, picks };
};

/** The form with one more part chosen. */
export const withChosen = ({ values, picks }: WorkflowFormState, field: string, choice: string): WorkflowFormState => {
  const known = PICKERS.find((picker) => picker.field === field)?.field;
  return known === undefined ? { values, picks } : { values, picks: { ...picks, [known]: [...picks[known], choice] } };
};

/** The API name of the parameter that a picker of the form fills. */
export const pathOfPicker = (field: string): string => PICKERS.find((picker) => picker.field === field)?.path ?? field;

/** The body of the API's request for a form. An empty secret beside a URL keeps the stored secret. */
export function toBody({ values, picks }: WorkflowFormState) {
  const idsOf = (texts: readonly string[]) => texts.map((text) => parseChoice(text).id);
  const isSent = values.handover !== "lease";
  const [url = "", secret = "", description = ""] = [
    isSent ? values.runner_url?.trim() : "",
    isSent ? values.webhook_secret : "",
    values.description,
  ];
  const seconds = values.max_run_duration_seconds?.trim() ?? "";
  return {
    keepsSecret: url !== "" && secret === "",
    body: {
      name: values.name ?? "",
      description: description === "" ? null : description,
      runner_type: "SELF_HOSTED",
      runner_config: url === "" && secret === "" ? null : { url, webhook_secret: secret },
      max_run_duration_seconds: toWholeNumber(seconds),
      source_path_part_ids: idsOf(picks.source),
      instruction_path_part_ids: idsOf(picks.instruction),
      output_path_part_ids: idsOf(picks.output),
      template_path_part_id: idsOf(picks.template).at(-1) ?? null,
      is_active: values.is_active !== "false",
    },
  };
}

/** True when a file was chosen, or a choice was refused. */
const hasFiles = (picks: Picks, failure: Failure) =>
  PICKERS.some(({ field, path }) => picks[field].length > 0 || faultsAt(failure, path).length > 0);

type FormProps = {
  caller?: Caller;
  /** Null for a new workflow. */
  id: string | null;
  state: WorkflowFormState;
  merging?: Merging;
  opened?: Opened;
  /** The part that could not be created. */
  refused?: Making | null;
  failure?: Failure;
};

/** A new workflow is asked first how its runs get to a runner. For a copy and a change, the policy says so. */
const HANDOVER_CHOICES = choicesOf(HANDOVERS.toReversed(), HANDOVER_TEXTS);

/** The labels of fields whose API names differ, and the messages for their faults. */
export const WORDING = {
  labels: {
    "runner_config.url": "Runner",
    "runner_config.webhook_secret": "Webhook secret",
    max_run_duration_seconds: "Time limit in seconds",
    ...Object.fromEntries(PICKERS.map(({ path, label }) => [path, label])),
  },
  sentences: {
    "name string_too_short": "Give it a name.",
    "runner_config.url string_too_short": "Fill in the runner as well, or leave its secret empty.",
    "runner_config.webhook_secret missing": "For another runner, type its secret or let a new one be generated.",
    "source_path_part_ids too_long": "Choose at most 20 sources.",
    "instruction_path_part_ids too_long": "Choose at most 20 instructions.",
    "output_path_part_ids too_long": "Choose at most 20 outputs.",
  },
};

/** The labels of the fields that are merged. */
const MERGED: Readonly<Record<string, string>> = {
  ...{ name: "Name", description: "Description", runner_url: "Runner", is_active: "Is it active?" },
  max_run_duration_seconds: WORDING.labels.max_run_duration_seconds,
  ...Object.fromEntries(PICKERS.map(({ field, label }) => [field, label])),
};

/** A value of the form in words: a chosen part by its path. */
const wordsOf = (name: string, text: string): string => {
  if (name === "is_active") return text === "false" ? "paused" : "active";
  if (!PICKERS.some(({ field }) => field === name)) return text;
  const { id, path } = parseChoice(text);
  return path ?? id;
};

export const WorkflowFormPage = (props: FormProps) => {
  const { caller, id, state, opened = null, refused = null, failure = NO_FAILURE } = props;
  const { values, picks } = state;
  const { merging = begun(readBase(values)) } = props;
  const title = id === null ? "New workflow" : "Edit workflow";
  const back = id === null ? "/app/workflows" : `/app/workflows/${id}`;
  const action = id === null ? "/app/workflows/new" : `/app/workflows/${id}/edit`;
  return (
    <Page title={title} section="workflows" {...(caller && { caller })}>
      <div class="narrow">
        <Trail to={[[back, id === null ? "Workflows" : "Back"]]} />
        <h1>{title}</h1>
        <form method="post" action={action} class="card stack" autocomplete="off" novalidate>
          {/* Enter presses the first button of a form. It must be this one, and not a button that opens a folder. */}
          <button type="submit" class="visually-hidden" tabindex={-1}>
            Save
          </button>
          <Failures failure={failure} labels={WORDING.labels} />
          {id === null ? <NewId /> : <MergeFields merging={merging} labels={MERGED} words={wordsOf} />}
          <input type="hidden" name="is_active" value={values.is_active} />
          {values.policy_of && (
            <>
              <input type="hidden" name="policy_of" value={values.policy_of} />
              <p class="muted">
                The copy also gets the policy: how its runs get to a runner, its slots, its queue, its retries and the
                schema of its inputs. It gets no triggers, no permissions of others, and another webhook secret.
              </p>
            </>
          )}
          {values.handover !== undefined && (
            <Field
              name="handover"
              label="How a run gets to its runner"
              failure={failure}
              control={(a) => <Choices attributes={a} choices={HANDOVER_CHOICES} chosen={values.handover} />}
            />
          )}
          <Field
            name="name"
            label="Name"
            failure={failure}
            control={(a) => <input {...a} type="text" value={values.name} required dir="auto" />}
          />
          <Field
            name="description"
            label="Description (optional)"
            failure={failure}
            control={(a) => (
              <textarea {...a} rows={2} dir="auto">
                {values.description}
              </textarea>
            )}
          />
          <div class="stack of-webhook">
            <Field
              name="runner_url"
              path="runner_config.url"
              label="Runner (optional)"
              failure={failure}
              hint="Where the service sends the runs: an https URL. Leave it empty if runners without an address ask for the runs: choose that under “Policy”, on the page of the workflow."
              control={(a) => <input {...a} type="url" value={values.runner_url} />}
            />
            <Field
              name="webhook_secret"
              path="runner_config.webhook_secret"
              label="Webhook secret"
              failure={failure}
              hint={
                id === null
                  ? "Signs what is sent to the runner. If you leave it empty, one is generated and shown once."
                  : "Leave it empty to keep the one it has."
              }
              control={(a) => (
                <input {...a} type="password" value={values.webhook_secret} autocomplete="new-password" />
              )}
            />
            {id !== null && (
              <label class="choice">
                <input type="checkbox" name="new_secret" value="1" checked={values.new_secret === "1"} />
                Generate a new webhook secret, and show it once
              </label>
            )}
          </div>
          <Field
            name="max_run_duration_seconds"
            label="Time limit in seconds"
            failure={failure}
            hint="60 to 86400. A run that has not ended by then is FAILED."
            control={(a) => <input {...a} type="number" value={values.max_run_duration_seconds} />}
          />
          <details class="more-fields" open={opened !== null || refused !== null || hasFiles(picks, failure)}>
            <summary>Files (optional)</summary>
            {PICKERS.map((picker) => (
              <PartPicker
                {...picker}
                allowed={ALLOWED_PART_TYPES[picker.path]}
                action={action}
                chosen={picks[picker.field].map(parseChoice)}
                opened={opened}
                refused={refused}
                failure={failure}
              />
            ))}
          </details>
          <div class="actions">
            <button type="submit" class="primary">
              {id === null ? "Create" : "Save"}
            </button>
          </div>
        </form>
      </div>
    </Page>
  );
};
