import { NOTIFIED_EVENTS, type NotifiedEvent } from "../../db/enums.ts";
import type { Endpoint } from "../../notify/endpoints/endpoint-schema.ts";
import { type Failure, Failures, Field, faultsAt, type Values } from "../forms.tsx";

/** The name of each event on pages. */
export const EVENT_WORDS: Record<NotifiedEvent, string> = {
  "workflow_run.started": "A run started",
  "workflow_run.completed": "A run completed",
  "workflow_run.failed": "A run failed",
  "workflow_run.late_result": "A result came too late",
  "workflow_definition.paused": "A workflow was paused, since its runner is gone",
  "notification_endpoint.disabled": "Another endpoint was disabled",
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
    <Failures failure={{ ...failure, faults: failure.faults.filter(({ loc }) => !FIELDS.has(String(loc[1]))) }} />
    <Field
      name="url"
      label="URL"
      failure={failure}
      hint="A public URL that begins with https://."
      control={(attributes) => (
        <input {...attributes} type="url" required maxlength={2048} value={values.url ?? ""} autocomplete="off" />
      )}
    />
    <fieldset>
      <legend>Notify it when</legend>
      {NOTIFIED_EVENTS.map((type) => (
        <label class="check">
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

const FIELDS = new Set(["url", "event_types", "workflow_definition_ids", "description"]);
