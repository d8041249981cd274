import { SCHEMES, type Scheme, SIGNATURE_ENCODINGS, type WebhookConfig } from "../../triggers/inbound/receiver.ts";
import type { TriggerRow } from "../../triggers/triggers.ts";
import { Choices, choicesOf, Field, isFilled, NO_FAILURE, type Values } from "../forms.tsx";
import { linesOf, textsIn } from "../invoke/kit/read-fields.ts";
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

export const SCHEME_WORDS: Record<Scheme, string> = {
  "standard-webhooks": "Standard Webhooks",
  github: "GitHub",
  stripe: "Stripe",
  slack: "Slack",
  gitlab: "GitLab: the secret in a header",
  "hmac-sha256": "a header with the HMAC-SHA-256 of the body",
  token: "nothing: a secret in the URL",
};

/** The labels of the form's fields, by their API names. */
const LABELS = {
  ...COMMON_LABELS,
  "webhook.scheme": "How its sender signs",
  "webhook.signature_header": "Header with the signature",
  "webhook.signature_encoding": "How the signature is written",
  secret: "Secret",
  "webhook.when": "Only these events",
  "webhook.pick": "Fields of the input",
  "webhook.key_from": "Where the body has the concurrency key",
  "webhook.labels_from": "Labels from the body",
  "webhook.signal.name": "Signal, instead of a run",
  "webhook.signal.correlation_from": "Where the body has the correlation of the signal",
};

const WORDING: Wording = {
  labels: { ...LABELS, "standard-webhooks": SCHEME_WORDS["standard-webhooks"] },
  sentences: {
    ...COMMON_SENTENCES,
    "webhook.signature_header value_error":
      "Fill in its name if the sender signs by such a header, and leave it empty otherwise.",
    "webhook.signature_encoding value_error": "Choose one if the sender signs by such a header, and none otherwise.",
  },
};

const NAMES = ["scheme", "signature_header", "signature_encoding", "key_from", "signal", "correlation_from"] as const;
const LINES = ["when", "pick", "labels_from"] as const;

const read = (values: Values): Values => ({
  ...readCommon(values, NAMES),
  ...Object.fromEntries(LINES.map((name) => [name, linesOf(values, name).trim()])),
  secret: values.secret ?? "",
});

const INITIAL: Values = { scheme: "github", is_active: "true" };

/** `commit /after`, one in each line. */
const linesFrom = (pointers: Readonly<Record<string, string>> | null): string =>
  Object.entries(pointers ?? {})
    .map(([name, pointer]) => `${name} ${pointer}`)
    .join("\n");

const valuesOf = (trigger: TriggerRow, webhook: WebhookConfig): Values => ({
  ...commonValuesOf(trigger),
  scheme: webhook.scheme,
  signature_header: webhook.signature_header ?? "",
  signature_encoding: webhook.signature_encoding ?? "",
  when: (webhook.when ?? []).join("\n"),
  pick: linesFrom(webhook.pick),
  key_from: webhook.key_from ?? "",
  labels_from: linesFrom(webhook.labels_from),
  signal: webhook.signal?.name ?? "",
  correlation_from: webhook.signal?.correlation_from ?? "",
});

/** The pointers of such lines; null when there is none. A line without a pointer gets an empty one, which the API refuses. */
function pointersOf(lines: string | undefined): Record<string, string> | null {
  const entries = textsIn(lines).map((line): [string, string] => {
    const [name = "", pointer = ""] = line.split(/\s+(.*)/s, 2);
    return [name, pointer];
  });
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

function toBody(values: Values) {
  const { body, faults } = toCommonBody(values);
  const events = textsIn(values.when?.replaceAll(",", "\n"));
  const webhook = {
    scheme: values.scheme,
    signature_header: values.signature_header || null,
    signature_encoding: values.signature_encoding || null,
    when: events.length === 0 ? null : events,
    pick: pointersOf(values.pick),
    key_from: values.key_from || null,
    labels_from: pointersOf(values.labels_from),
    signal:
      values.signal || values.correlation_from
        ? { name: values.signal, correlation_from: values.correlation_from }
        : null,
  };
  return { body: { ...body, kind: "webhook", webhook }, faults };
}

const FOLDED = [
  "pick",
  "key_from",
  "labels_from",
  "signal",
  "signal.name",
  "correlation_from",
  "signal.correlation_from",
];

/** `isNew`: the form also has the scheme, which cannot be changed later, and the secret. */
const WebhookForm = ({ failure = NO_FAILURE, isNew = false, ...props }: FormProps & { isNew?: boolean }) => {
  const { values } = props;
  return (
    <TriggerForm
      {...props}
      failure={failure}
      labels={LABELS}
      inputHint='A JSON object, such as {"from": "GitHub"}. Each run gets it, and its fields go before those of the message.'
      isUnfolded={isFilled([...FOLDED, ...FOLDED.map((name) => `webhook.${name}`)], values, failure)}
      fields={
        <>
          {isNew ? (
            <Field
              name="scheme"
              path="webhook.scheme"
              label={LABELS["webhook.scheme"]}
              failure={failure}
              control={(a) => (
                <Choices attributes={a} choices={choicesOf(SCHEMES, SCHEME_WORDS)} chosen={values.scheme} />
              )}
            />
          ) : (
            <input type="hidden" name="scheme" value={values.scheme} />
          )}
          {(isNew || values.scheme === "hmac-sha256") && <SignatureFields values={values} failure={failure} />}
          {isNew && (
            <Field
              name="secret"
              label={`${LABELS.secret} (optional)`}
              failure={failure}
              hint="Only if the sender has made one already. Otherwise we make one, and show it once."
              control={(a) => <input {...a} type="password" autocomplete="new-password" maxlength={256} />}
            />
          )}
          <Field
            name="when"
            path="webhook.when"
            label={`${LABELS["webhook.when"]} (optional)`}
            failure={failure}
            hint="One in each line, such as push or pull_request.opened of GitHub, merge_request of GitLab, app_mention of Slack; of others, the type in the body."
            control={(a) => (
              <textarea {...a} rows={2} spellcheck={false} autocomplete="off">
                {values.when}
              </textarea>
            )}
          />
        </>
      }
      more={<MoreFields values={values} failure={failure} />}
    />
  );
};

type FieldsProps = Required<Pick<FormProps, "values" | "failure">>;

const SignatureFields = ({ values, failure }: FieldsProps) => (
  <>
    <Field
      name="signature_header"
      path="webhook.signature_header"
      label={`${LABELS["webhook.signature_header"]} (only for the HMAC)`}
      failure={failure}
      hint="Such as X-Signature-256."
      control={(a) => (
        <input {...a} type="text" value={values.signature_header} autocomplete="off" spellcheck={false} />
      )}
    />
    <Field
      name="signature_encoding"
      path="webhook.signature_encoding"
      label={`${LABELS["webhook.signature_encoding"]} (only for the HMAC)`}
      failure={failure}
      hint="timestamped is t=…,v1=…, over the time, a dot and the body."
      control={(a) => (
        <Choices attributes={a} none="–" choices={choicesOf(SIGNATURE_ENCODINGS)} chosen={values.signature_encoding} />
      )}
    />
  </>
);

const MoreFields = ({ values, failure }: FieldsProps) => (
  <>
    {(
      [
        [
          "pick",
          "One in each line: its name, and where the body has its value, such as: commit /after. Without any, the input is the body.",
        ],
        [
          "labels_from",
          "One in each line: the label, and where the body has its value, such as: repository /repository/name.",
        ],
      ] as const
    ).map(([name, hint]) => (
      <Field
        name={name}
        path={`webhook.${name}`}
        label={`${LABELS[`webhook.${name}`]} (optional)`}
        failure={failure}
        hint={hint}
        control={(a) => (
          <textarea {...a} rows={2} spellcheck={false} autocomplete="off">
            {values[name]}
          </textarea>
        )}
      />
    ))}
    <Field
      name="key_from"
      path="webhook.key_from"
      label={`${LABELS["webhook.key_from"]} (optional)`}
      failure={failure}
      hint="A JSON Pointer, such as /repository/full_name. Without one in the message, the concurrency key above counts."
      control={(a) => <input {...a} type="text" value={values.key_from} autocomplete="off" spellcheck={false} />}
    />
    {(
      [
        [
          "signal",
          "webhook.signal.name",
          "Its name, such as paid. The run that waits for it gets the message, and no new run is triggered.",
        ],
        ["correlation_from", "webhook.signal.correlation_from", "A JSON Pointer, such as /invoice/number."],
      ] as const
    ).map(([name, path, hint]) => (
      <Field
        name={name}
        path={path}
        label={`${LABELS[path]} (optional)`}
        failure={failure}
        hint={hint}
        control={(a) => <input {...a} type="text" value={values[name]} autocomplete="off" spellcheck={false} />}
      />
    ))}
  </>
);

export const webhookForm: KindForm = {
  hasFixedInput: false,
  titles: { create: "New webhook", change: "Change the webhook" },
  initial: INITIAL,
  read,
  toBody,
  valuesOf: (trigger) => trigger.webhook && valuesOf(trigger, trigger.webhook),
  wording: WORDING,
  Form: WebhookForm,
};
