/** The schemas of webhooks that trigger runs. */
import { z } from "@hono/zod-openapi";
import { JSON_POINTER } from "../../http/json-value.ts";
import { instant, orNull, text, uuid } from "../../http/schemas.ts";
import { byLabel, LABEL_KEY, MAX_LABELS } from "../../runs/labels.ts";
import { signalName } from "../../runs/suspensions/suspension-schema.ts";
import { checkWebhookSecret, MIN_SECRET_BYTES } from "../../webhooks/webhook-secret.ts";
import { FiringOutcomeSchema } from "../firing-schema.ts";
import { SECRET_FAULTS } from "../refusals.ts";
import { SCHEMES, SIGNATURE_ENCODINGS, type WebhookConfig } from "./receiver.ts";

const MAX_EVENTS = 50;
const MAX_FIELDS = 50;
const MAX_POINTER = 256;

const NO_POINTER = 'Must be a JSON Pointer, such as "/repository/full_name".';

const pointer = () =>
  text({ min: 1, max: MAX_POINTER })
    .refine((given) => JSON_POINTER.test(given), { message: NO_POINTER })
    .openapi({ pattern: JSON_POINTER.source });

const POINTERS = { type: ["object", "null"] as ["object", "null"], additionalProperties: { type: "string" as const } };

const LABEL_POINTERS = { ...POINTERS, propertyNames: { pattern: LABEL_KEY }, maxProperties: MAX_LABELS };

const fields = {
  scheme: z.enum(SCHEMES).openapi("WebhookScheme", {
    description:
      "How the sender proves that a message is its own: by the signature of Standard Webhooks, GitHub, Stripe or Slack, by the secret " +
      "in the header `X-Gitlab-Token`, by a header with the HMAC-SHA-256 of the body, or by a token in the URL, for senders that can sign nothing.",
  }),
  signature_header: text({ min: 1, max: 100 })
    .refine((name) => /^[A-Za-z0-9-]+$/.test(name), { message: "Must be the name of a header." })
    .nullable()
    .openapi({
      pattern: "^[A-Za-z0-9-]+$",
      description: "Of `hmac-sha256`: the header with the signature, which may have `sha256=` before it.",
    }),
  signature_encoding: z.enum(SIGNATURE_ENCODINGS).nullable().openapi({
    description:
      "Of `hmac-sha256`: how the signature is written. `timestamped`: `t=<seconds since 1970>,v1=<hex>`, over the time, a dot and the body.",
  }),
  when: z
    .array(text({ min: 1, max: 100 }))
    .min(1)
    .max(MAX_EVENTS)
    .nullable()
    .openapi({
      description:
        "Only messages of these events trigger a run; a message of another event is answered with 204. Of `github`, an event is the value " +
        "of the header `X-GitHub-Event`, such as `push`, or the same with the action, such as `pull_request.opened`; each also with the " +
        "branch, such as `push:main`, or `pull_request.opened:main` for the branch into which it goes. Of `gitlab`, it is " +
        "`object_kind` of the body, such as `merge_request`, or `merge_request.open`. Of `slack`, it is also the `type` of `event`. Of the other schemes, " +
        "it is the field `type` of the body. null: messages of any event.",
    }),
  pick: z
    .record(text({ min: 1, max: 100 }), pointer())
    .refine((picked) => Object.keys(picked).length <= MAX_FIELDS, { message: `Must be at most ${MAX_FIELDS} fields.` })
    .nullable()
    .openapi({
      ...POINTERS,
      maxProperties: MAX_FIELDS,
      description:
        "The fields of the run's input, each with the JSON Pointer of its value in the body. A field without a value there is left out. " +
        "null: the input is the whole body, which must then be a JSON object of at most 32 KiB. Where the trigger's `input` has the same " +
        "field, its value counts.",
      example: { commit: "/after" },
    }),
  key_from: pointer()
    .nullable()
    .openapi({
      description:
        "Where the body has the run's concurrency key: a text of 1 to 128 characters, a number or a boolean. Without one, the run has the " +
        "trigger's `concurrency_key`, and if that is null, the firing is REFUSED.",
    }),
  labels_from: byLabel(pointer())
    .nullable()
    .openapi({
      ...LABEL_POINTERS,
      description:
        "Labels of the run, each with the JSON Pointer of its value in the body. If the body has no value there, the run does not get the " +
        "label. A value is cut after 128 characters. Where the trigger's `labels` have the same key, their value counts.",
      example: { repository: "/repository/name" },
    }),
  signal: orNull(
    z
      .strictObject({
        name: signalName(),
        correlation_from: pointer().openapi({
          description:
            "Where the body has the correlation: a text of 1 to 255 characters, a number or a boolean. Without one, the firing is REFUSED.",
        }),
      })
      .openapi("WebhookSignal", { example: { name: "paid", correlation_from: "/invoice/number" } }),
  ).openapi({
    description:
      "A message triggers no run. Instead it is this signal to the runs of the workflow, and what would be the input of a run is its payload. " +
      "What only a run has must then be left out: `key_from`, `labels_from`, and the trigger's `labels`, `concurrency_key`, `priority` and `when_busy`.",
  }),
};

export const GivenWebhookSchema = z
  .strictObject({
    scheme: fields.scheme,
    signature_header: fields.signature_header.default(null),
    signature_encoding: fields.signature_encoding.default(null),
    when: fields.when.default(null),
    pick: fields.pick.default(null),
    key_from: fields.key_from.default(null),
    labels_from: fields.labels_from.default(null),
    signal: fields.signal.default(null),
  })
  .superRefine((webhook: WebhookConfig, context) => {
    const isNamed = webhook.scheme === "hmac-sha256";
    for (const field of ["signature_header", "signature_encoding"] as const) {
      if ((webhook[field] !== null) === isNamed) continue;
      const message = isNamed ? "`hmac-sha256` needs it." : "Only `hmac-sha256` needs it.";
      context.addIssue({ code: "custom", path: [field], message, input: webhook[field] });
    }
  })
  .openapi("GivenWebhook", { example: { scheme: "github", when: ["push"] } });

export const exampleWebhook = {
  scheme: "github" as const,
  signature_header: null,
  signature_encoding: null,
  when: ["push"],
  pick: { commit: "/after" },
  key_from: null,
  labels_from: { repository: "/repository/name" },
  signal: null,
  url: "https://service.example.com/v1/inbound/01920000-0000-7000-8000-000000000a01",
  old_secret_until: null,
};

export const WebhookSchema = z
  .strictObject({
    ...fields,
    labels_from: z.record(z.string(), z.string()).nullable(),
    url: z.string().openapi({
      description: "Where the sender posts its messages. Of the scheme `token`, `/` and the token stand behind it.",
    }),
    old_secret_until: instant()
      .nullable()
      .openapi({ description: "Until then, messages with the old secret are taken, too." }),
  })
  .openapi("Webhook", { example: exampleWebhook });

/** A secret in a request. */
export const givenSecret = () =>
  text({ max: 256 })
    .refine((secret) => new TextEncoder().encode(secret).length >= MIN_SECRET_BYTES, {
      message: `Must have at least ${MIN_SECRET_BYTES} bytes.`,
    })
    .nullish()
    .openapi({
      type: ["string", "null"],
      description:
        "The secret that the sender has made. If it is left out, the service makes one. A token is always made.",
    });

/** Why this scheme does not allow a given secret; null when it does. */
export function secretFault(scheme: WebhookConfig["scheme"], secret: string): string | null {
  if (scheme === "token") return SECRET_FAULTS.token_given;
  const isMalformed = scheme === "standard-webhooks" && checkWebhookSecret(secret) !== null;
  return isMalformed ? SECRET_FAULTS.secret_malformed : null;
}

/** The secret in an answer. */
export const secretOnce = () =>
  z.string().optional().openapi({
    description: "The secret of a webhook, or its token. Only the answer that creates or rotates it has it.",
  });

export const RotateTriggerSecretRequestSchema = z
  .strictObject({ secret: givenSecret() })
  .openapi("RotateTriggerSecretRequest", { example: { secret: "whsec_bG9jYWwtc3RhY2std2ViaG9vay1zZWNyZXQtMDEyMzQ=" } });

export const ReceiptSchema = z
  .strictObject({
    firing_id: uuid(),
    outcome: FiringOutcomeSchema,
    run_id: uuid().nullable().openapi({
      description:
        "The run that the message has triggered, or the run that has taken its signal. Null when `outcome` is not FIRED, and until a run takes the signal.",
    }),
  })
  .openapi("WebhookReceipt", {
    example: {
      firing_id: "01920000-0000-7000-8000-000000000b01",
      outcome: "FIRED",
      run_id: "01920000-0000-7000-8000-000000000403",
    },
  });
