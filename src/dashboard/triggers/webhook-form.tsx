import { SCHEMES, type Scheme, SIGNATURE_ENCODINGS } from "../../triggers/inbound/receiver.ts";
import {
  bodyOf,
  type Control,
  type FormField,
  FormFields,
  labelsOf,
  line,
  lines,
  oneOf,
  someOf,
  textsOf,
} from "../form-fields.tsx";
import { choicesOf, Field, isFilled, NO_FAILURE, type Values } from "../forms.tsx";
import { textsIn } from "../invoke/kit/read-fields.ts";
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

const SCHEME: FormField = {
  name: "scheme",
  label: "How its sender signs",
  control: oneOf(choicesOf(SCHEMES, SCHEME_WORDS)),
};

const SIGNATURE: readonly FormField[] = [
  {
    ...{ name: "signature_header", label: "Header with the signature", note: "only for the HMAC" },
    hint: "Such as X-Signature-256.",
    control: line(),
  },
  {
    ...{ name: "signature_encoding", label: "How the signature is written", note: "only for the HMAC" },
    hint: "timestamped is t=…,v1=…, over the time, a dot and the body.",
    control: oneOf(choicesOf(SIGNATURE_ENCODINGS), "–"),
  },
];

const WHEN: FormField = {
  ...{ name: "when", label: "Only these events", note: "optional" },
  hint: "One in each line, such as push or pull_request.opened of GitHub, merge_request of GitLab, app_mention of Slack; of others, the type in the body.",
  control: lines((text) => someOf(textsIn(text).flatMap(eventsIn))),
};

/**
 * The events in a line, of which somebody may write several with commas between them. A comma may also be a part of a name: without a blank
 * behind it of a branch (`push:a,b`), and between words of the type of another sender (`order paid, shipped`).
 */
function eventsIn(line: string): string[] {
  const events = textsIn(line.replaceAll(",", "\n"));
  const areApart = /^[^,]*(, [^,]*)+$/.test(line) && !events.some((event) => /\s/.test(event));
  return areApart || events.every((event) => /^[\w.-]+$/.test(event)) ? events : [line];
}

/** The pointers of lines such as `commit /after`. What is no pointer is refused by the API. */
const pointers: Control = {
  ...lines((text) => {
    const named = textsIn(text).map((each): [string, string] => {
      const beforePointer = each.search(/\s\//);
      const at = beforePointer === -1 ? each.search(/\s|$/) : beforePointer;
      return [each.slice(0, at).trim(), each.slice(at).trim()];
    });
    return named.length === 0 ? null : Object.fromEntries(named);
  }),
  write: (value) =>
    Object.entries(value ?? {})
      .map(([name, pointer]) => `${name} ${pointer}`)
      .join("\n"),
};

const MORE: readonly FormField[] = [
  {
    ...{ name: "pick", label: "Fields of the input", note: "optional" },
    hint: "One in each line: its name, and where the body has its value, such as: commit /after. Without any, the input is the body.",
    control: pointers,
  },
  {
    ...{ name: "labels_from", label: "Labels from the body", note: "optional" },
    hint: "One in each line: the label, and where the body has its value, such as: repository /repository/name.",
    control: pointers,
  },
  {
    ...{ name: "key_from", label: "Where the body has the concurrency key", note: "optional" },
    hint: "A JSON Pointer, such as /repository/full_name. Without one in the message, the concurrency key above counts.",
    control: line(),
  },
];

const SIGNAL: readonly FormField[] = [
  {
    ...{ name: "signal", path: "name", label: "Signal, instead of a run", note: "optional" },
    hint: "Its name, such as paid. The run that waits for it gets the message, and no new run is triggered.",
    control: line({}, (name) => name),
  },
  {
    ...{ name: "correlation_from", label: "Where the body has the correlation of the signal", note: "optional" },
    hint: "A JSON Pointer, such as /invoice/number.",
    control: line({}, (pointer) => pointer),
  },
];

const FIELDS = [SCHEME, ...SIGNATURE, WHEN, ...MORE];

const LABELS = {
  ...COMMON_LABELS,
  ...labelsOf(FIELDS, "webhook."),
  ...labelsOf(SIGNAL, "webhook.signal."),
  secret: "Secret",
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

const read = (values: Values): Values => ({
  ...readCommon(values, [...FIELDS, ...SIGNAL]),
  secret: values.secret ?? "",
});

const INITIAL: Values = { scheme: "github", is_active: "true" };

function toBody(values: Values) {
  const { body, faults } = toCommonBody(values);
  const signal = values.signal || values.correlation_from ? bodyOf(SIGNAL, values) : null;
  return { body: { ...body, kind: "webhook", webhook: { ...bodyOf(FIELDS, values), signal } }, faults };
}

const FOLDED = [...MORE, ...SIGNAL].map(({ name }) => name);
/** The paths of their faults. */
const FOLDED_PATHS = [...MORE.map(({ name }) => `webhook.${name}`), "webhook.signal"];

/** `isNew`: the form also has the scheme, which cannot be changed later, and the secret. */
const WebhookForm = ({ failure = NO_FAILURE, isNew = false, ...props }: FormProps & { isNew?: boolean }) => {
  const { values } = props;
  const of = { at: "webhook.", values, failure };
  return (
    <TriggerForm
      {...props}
      failure={failure}
      labels={LABELS}
      inputHint='A JSON object, such as {"from": "GitHub"}. Each run gets it, and its fields go before those of the message.'
      isUnfolded={isFilled([...FOLDED, ...FOLDED_PATHS], values, failure)}
      fields={
        <>
          {isNew ? <FormFields of={[SCHEME]} {...of} /> : <input type="hidden" name="scheme" value={values.scheme} />}
          {(isNew || values.scheme === "hmac-sha256") && <FormFields of={SIGNATURE} {...of} />}
          {isNew && (
            <Field
              name="secret"
              label={`${LABELS.secret} (optional)`}
              failure={failure}
              hint="Only if the sender has made one already. Otherwise we make one, and show it once."
              control={(a) => <input {...a} type="password" autocomplete="new-password" maxlength={256} />}
            />
          )}
          <FormFields of={[WHEN]} {...of} />
        </>
      }
      more={
        <>
          <FormFields of={MORE} {...of} />
          <FormFields of={SIGNAL} {...of} at="webhook.signal." />
        </>
      }
    />
  );
};

export const webhookForm: KindForm = {
  hasFixedInput: false,
  titles: { create: "New webhook", change: "Change the webhook" },
  initial: INITIAL,
  read,
  toBody,
  valuesOf: (trigger) =>
    trigger.webhook && {
      ...commonValuesOf(trigger),
      ...textsOf(FIELDS, trigger.webhook),
      ...textsOf(SIGNAL, trigger.webhook.signal ?? {}),
    },
  wording: WORDING,
  Form: WebhookForm,
};
