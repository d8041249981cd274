import {
  ENDPOINT_FORMATS,
  type EndpointFormat,
  NOTIFICATION_TURNS,
  NOTIFIED_EVENTS,
  type NotificationTurn,
  type NotifiedEvent,
} from "../../db/enums.ts";
import type { Endpoint } from "../../notify/endpoints/endpoint-schema.ts";
import {
  type FormField,
  FormFields,
  labelsOf,
  line,
  lines,
  listOf,
  oneOf,
  severalOf,
  someOf,
  textsOf,
} from "../form-fields.tsx";
import { choicesOf, type Failure, Failures, Field, isFilled, type Values } from "../forms.tsx";
import { textsIn } from "../invoke/kit/read-fields.ts";
import { NewId } from "../new-id.tsx";

/** The name of each event on pages. */
export const EVENT_WORDS: Record<NotifiedEvent, string> = {
  "workflow_run.started": "A run started",
  "workflow_run.completed": "A run completed",
  "workflow_run.failed": "A run failed",
  "workflow_run.suspended": "A run was suspended, for example until an answer comes",
  "workflow_run.late_result": "A result came too late",
  "run_batch.ended": "All runs of a batch ended",
  "workflow_definition.paused": "A workflow was paused, since its runner is gone",
  "trigger.skipped": "A trigger did not fire, since a run was in the way",
  "trigger.missed": "A trigger has missed instants of its schedule",
  "trigger.refused": "A trigger was refused",
  "trigger.paused": "A trigger has paused itself",
  "notification_endpoint.disabled": "Another endpoint was disabled",
};

/** The name of each format on pages. */
export const FORMAT_WORDS: Record<EndpointFormat, string> = {
  standard: "Signed webhooks",
  slack: "Messages in Slack",
  teams: "Messages in Microsoft Teams",
};

/** The name of each turn on pages. */
export const TURN_WORDS: Record<NotificationTurn, string> = {
  first_failure: "The first failure after a success",
  works_again: "The first success after a failure",
};

const FORMAT: FormField = {
  ...{ name: "format", label: "What is sent" },
  control: oneOf(choicesOf(ENDPOINT_FORMATS, FORMAT_WORDS)),
};

const FIRST: readonly FormField[] = [
  {
    ...{ name: "event_types", label: "Notify it when" },
    control: severalOf(choicesOf(NOTIFIED_EVENTS, EVENT_WORDS)),
  },
  { name: "description", label: "Description", control: line({ maxlength: 1000 }) },
];

const ONLY: readonly FormField[] = [
  {
    ...{ name: "on", label: "Of the ends of runs, only" },
    hint: "These are turns of a whole workflow, whatever the labels of its runs.",
    control: severalOf(choicesOf(NOTIFICATION_TURNS, TURN_WORDS), (text) => someOf(listOf(text))),
  },
  {
    ...{ name: "workflow_definition_ids", label: "Only for these workflows" },
    hint: "One id per line. Leave it empty for all workflows.",
    control: lines((text) => someOf(listOf(text))),
  },
  {
    ...{ name: "labels", label: "Only for runs with all of these labels" },
    hint: "One key:value per line, such as customer:4711. Leave it empty for all runs.",
    control: lines((text) => someOf(textsIn(text))),
  },
];

/** The fields but for the URL, which is not always shown. */
export const FIELDS = [FORMAT, ...FIRST, ...ONLY];

const LABELS: Record<string, string> = { ...labelsOf(FIELDS), url: "URL" };

/** The labels of the form's fields, and its messages for some of their faults. */
export const ENDPOINT_WORDING = {
  labels: LABELS,
  sentences: {
    "event_types too_short": "Choose at least one event.",
    "workflow_definition_ids uuid_parsing": "Each must be the id of a workflow.",
  },
};

export const NEW_ENDPOINT: Values = {
  format: "standard",
  event_types: "workflow_run.completed\nworkflow_run.failed",
};

/** An answer has only the scheme and the host of the address of a chat, so the field is empty then. */
export const valuesOf = (endpoint: Endpoint): Values => ({
  ...textsOf(FIELDS, endpoint),
  url: endpoint.format === "standard" ? endpoint.url : "",
});

type FormProps = {
  action: string;
  label: string;
  values: Values;
  failure: Failure;
  /** False for an endpoint that exists: its format cannot be changed. */
  isNew?: boolean;
};

export const EndpointForm = ({ action, label, values, failure, isNew = false }: FormProps) => (
  <form method="post" action={action} class="stack">
    <Failures failure={failure} labels={LABELS} />
    <NewId />
    {isNew ? (
      <FormFields of={[FORMAT]} values={values} failure={failure} />
    ) : (
      <input type="hidden" name="format" value={values.format} />
    )}
    <UrlField isNew={isNew} values={values} failure={failure} />
    <FormFields of={FIRST} values={values} failure={failure} />
    <details
      class="more-fields"
      open={isFilled(
        ONLY.map(({ name }) => name),
        values,
        failure,
      )}
    >
      <summary>Only some of these events</summary>
      <FormFields of={ONLY} values={values} failure={failure} />
    </details>
    <button type="submit" class="primary">
      {label}
    </button>
  </form>
);

/** The address of a chat is never shown, so an empty field keeps it. */
const UrlField = ({ isNew, values, failure }: { isNew: boolean; values: Values; failure: Failure }) => {
  const isKept = !isNew && values.format !== "standard";
  return (
    <Field
      name="url"
      label={isKept ? "New URL" : "URL"}
      failure={failure}
      hint={
        isKept
          ? "Whoever knows the URL can write into the chat, so it is not shown. Leave it empty to keep it."
          : "A public URL that begins with https://: yours, of an incoming webhook of Slack, or of a workflow of Teams."
      }
      control={(attributes) => (
        <input
          {...attributes}
          type="url"
          required={!isKept}
          maxlength={2048}
          value={values.url ?? ""}
          autocomplete="off"
        />
      )}
    />
  );
};
