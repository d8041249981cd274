import { useContext } from "hono/jsx";
import {
  ENDPOINT_FORMATS,
  type EndpointFormat,
  NOTIFICATION_TURNS,
  NOTIFIED_EVENTS,
  type NotificationTurn,
  type NotifiedEvent,
} from "../../db/enums.ts";
import type { Endpoint } from "../../notify/endpoints/endpoint-schema.ts";
import { DialogContext } from "../components.tsx";
import {
  Choices,
  choicesOf,
  type Failure,
  Failures,
  Field,
  faultsAt,
  fieldIdOf,
  isFilled,
  type Values,
} from "../forms.tsx";
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

const LABELS = {
  format: "What is sent",
  url: "URL",
  event_types: "Notify it when",
  on: "Of the ends of runs, only",
  workflow_definition_ids: "Only for these workflows",
  labels: "Only for runs with all of these labels",
};

/** The labels of the form's fields, and its messages for some of their faults. */
export const ENDPOINT_WORDING = {
  labels: LABELS,
  sentences: {
    "event_types too_short": "Choose at least one event.",
    "workflow_definition_ids uuid_parsing": "Each must be the id of a workflow.",
  },
};

export type EndpointFormValues = { values: Values; events: readonly string[]; turns: readonly string[] };

export const NEW_ENDPOINT: EndpointFormValues = {
  values: {},
  events: ["workflow_run.completed", "workflow_run.failed"],
  turns: [],
};

export const valuesOf = (endpoint: Endpoint): EndpointFormValues => ({
  values: {
    format: endpoint.format,
    // An answer has only the scheme and the host of the address of a chat, so the field is empty.
    url: endpoint.format === "standard" ? endpoint.url : "",
    description: endpoint.description ?? "",
    workflow_definition_ids: (endpoint.workflow_definition_ids ?? []).join("\n"),
    labels: (endpoint.labels ?? []).join("\n"),
  },
  events: endpoint.event_types,
  turns: endpoint.on ?? [],
});

type CheckboxesProps<Choice extends string> = {
  name: "event_types" | "on";
  words: Record<Choice, string>;
  choices: readonly Choice[];
  chosen: readonly string[];
  failure: Failure;
};

const Checkboxes = <Choice extends string>({ name, words, choices, chosen, failure }: CheckboxesProps<Choice>) => (
  <fieldset
    id={fieldIdOf(name, useContext(DialogContext))}
    tabindex={-1}
    {...(faultsAt(failure, name).length > 0 && { autofocus: true })}
  >
    <legend>{LABELS[name]}</legend>
    {choices.map((choice) => (
      <label class="choice">
        <input type="checkbox" name={name} value={choice} checked={chosen.includes(choice)} /> {words[choice]}
      </label>
    ))}
    {faultsAt(failure, name).map((message) => (
      <p class="fault">{message}</p>
    ))}
  </fieldset>
);

type FormProps = {
  action: string;
  label: string;
  filled: EndpointFormValues;
  failure: Failure;
  /** False for an endpoint that exists: its format cannot be changed. */
  isNew?: boolean;
};

export const EndpointForm = ({
  action,
  label,
  filled: { values, events, turns },
  failure,
  isNew = false,
}: FormProps) => (
  <form method="post" action={action} class="stack">
    <Failures failure={failure} labels={LABELS} />
    <NewId />
    {isNew ? (
      <Field
        name="format"
        label={LABELS.format}
        failure={failure}
        control={(attributes) => (
          <Choices
            attributes={attributes}
            choices={choicesOf(ENDPOINT_FORMATS, FORMAT_WORDS)}
            chosen={values.format ?? "standard"}
          />
        )}
      />
    ) : (
      <input type="hidden" name="format" value={values.format ?? "standard"} />
    )}
    <UrlField isNew={isNew} values={values} failure={failure} />
    <Checkboxes name="event_types" words={EVENT_WORDS} choices={NOTIFIED_EVENTS} chosen={events} failure={failure} />
    <Field
      name="description"
      label="Description"
      failure={failure}
      control={(attributes) => <input {...attributes} maxlength={1000} value={values.description ?? ""} />}
    />
    <details
      class="more-fields"
      open={turns.length > 0 || isFilled(["on", "workflow_definition_ids", "labels"], values, failure)}
    >
      <summary>Only some of these events</summary>
      <Checkboxes name="on" words={TURN_WORDS} choices={NOTIFICATION_TURNS} chosen={turns} failure={failure} />
      <Field
        name="workflow_definition_ids"
        label={LABELS.workflow_definition_ids}
        failure={failure}
        hint="One id per line. Leave it empty for all workflows."
        control={(attributes) => (
          <textarea {...attributes} rows={2}>
            {values.workflow_definition_ids ?? ""}
          </textarea>
        )}
      />
      <Field
        name="labels"
        label={LABELS.labels}
        failure={failure}
        hint="One key:value per line, such as customer:4711. Leave it empty for all runs."
        control={(attributes) => (
          <textarea {...attributes} rows={2}>
            {values.labels ?? ""}
          </textarea>
        )}
      />
    </details>
    <button type="submit" class="primary">
      {label}
    </button>
  </form>
);

/** The address of a chat is never shown, so an empty field keeps it. */
const UrlField = ({ isNew, values, failure }: { isNew: boolean; values: Values; failure: Failure }) => {
  const isKept = !isNew && (values.format ?? "standard") !== "standard";
  return (
    <Field
      name="url"
      label={isKept ? "New URL" : LABELS.url}
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
