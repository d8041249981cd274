import { useContext } from "hono/jsx";
import { NOTIFIED_EVENTS, type NotifiedEvent } from "../../db/enums.ts";
import type { Endpoint } from "../../notify/endpoints/endpoint-schema.ts";
import { DialogContext } from "../components.tsx";
import { type Failure, Failures, Field, faultsAt, fieldIdOf, type Values } from "../forms.tsx";
import { NewId } from "../new-id.tsx";

/** The name of each event on pages. */
export const EVENT_WORDS: Record<NotifiedEvent, string> = {
  "workflow_run.started": "A run started",
  "workflow_run.completed": "A run completed",
  "workflow_run.failed": "A run failed",
  "workflow_run.late_result": "A result came too late",
  "run_batch.ended": "All runs of a batch ended",
  "workflow_definition.paused": "A workflow was paused, since its runner is gone",
  "trigger.skipped": "A trigger did not fire, since a run was in the way",
  "trigger.missed": "A trigger has missed instants of its schedule",
  "trigger.refused": "A trigger was refused",
  "trigger.paused": "A trigger has paused itself",
  "notification_endpoint.disabled": "Another endpoint was disabled",
};

/** The labels of the form's fields, and its messages for some of their faults. */
export const ENDPOINT_WORDING = {
  labels: { url: "URL", event_types: "Notify it when", workflow_definition_ids: "Only for these workflows" },
  sentences: {
    "event_types too_short": "Choose at least one event.",
    "workflow_definition_ids uuid_parsing": "Each must be the id of a workflow.",
  },
};

export type EndpointFormValues = { values: Values; events: readonly string[] };

export const NEW_ENDPOINT: EndpointFormValues = {
  values: {},
  events: ["workflow_run.completed", "workflow_run.failed"],
};

export const valuesOf = (endpoint: Endpoint): EndpointFormValues => ({
  values: {
    url: endpoint.url,
    description: endpoint.description ?? "",
    workflow_definition_ids: (endpoint.workflow_definition_ids ?? []).join("\n"),
  },
  events: endpoint.event_types,
});

type FormProps = { action: string; label: string; filled: EndpointFormValues; failure: Failure };

export const EndpointForm = ({ action, label, filled: { values, events }, failure }: FormProps) => (
  <form method="post" action={action} class="stack">
    <Failures failure={failure} labels={ENDPOINT_WORDING.labels} />
    <NewId />
    <Field
      name="url"
      label="URL"
      failure={failure}
      hint="A public URL that begins with https://."
      control={(attributes) => (
        <input {...attributes} type="url" required maxlength={2048} value={values.url ?? ""} autocomplete="off" />
      )}
    />
    <fieldset
      id={fieldIdOf("event_types", useContext(DialogContext))}
      tabindex={-1}
      {...(faultsAt(failure, "event_types").length > 0 && { autofocus: true })}
    >
      <legend>Notify it when</legend>
      {NOTIFIED_EVENTS.map((type) => (
        <label class="choice">
          <input type="checkbox" name="event_types" value={type} checked={events.includes(type)} /> {EVENT_WORDS[type]}
        </label>
      ))}
      {faultsAt(failure, "event_types").map((message) => (
        <p class="fault">{message}</p>
      ))}
    </fieldset>
    <Field
      name="workflow_definition_ids"
      label="Only for these workflows"
      failure={failure}
      hint="One id per line. Leave it empty for all workflows."
      control={(attributes) => (
        <textarea {...attributes} rows={2}>
          {values.workflow_definition_ids ?? ""}
        </textarea>
      )}
    />
    <Field
      name="description"
      label="Description"
      failure={failure}
      control={(attributes) => <input {...attributes} maxlength={1000} value={values.description ?? ""} />}
    />
    <button type="submit" class="primary">
      {label}
    </button>
  </form>
);
