/** How a trigger that receives webhooks knows who has sent a message, and what it takes from one. */
import { z } from "zod";

/**
 * How a sender proves that a message is its own.
 * - standard-webhooks: https://www.standardwebhooks.com. The signature covers an id and the time.
 * - github: `X-Hub-Signature-256` over the body.
 * - stripe: `Stripe-Signature` over the time and the body.
 * - slack: `X-Slack-Signature` over the time and the body.
 * - gitlab: the secret itself, in `X-Gitlab-Token`.
 * - hmac-sha256: a header of any name with the HMAC of the body, or of the time and the body.
 * - token: a secret in the URL, for senders that can sign nothing.
 */
export const SCHEMES = ["standard-webhooks", "github", "stripe", "slack", "gitlab", "hmac-sha256", "token"] as const;
export type Scheme = (typeof SCHEMES)[number];

/**
 * How a signature of `hmac-sha256` is written. timestamped: as Stripe does, `t=` the time in seconds, `v1=` the HMAC of the time, a dot and the
 * body in hex.
 */
export const SIGNATURE_ENCODINGS = ["hex", "base64", "timestamped"] as const;

/** The part of a trigger that is about webhooks, as it is stored. */
export const webhookConfigSchema = z.object({
  scheme: z.enum(SCHEMES),
  /** Of `hmac-sha256`; null for the other schemes, which name their headers. */
  signature_header: z.string().nullable(),
  signature_encoding: z.enum(SIGNATURE_ENCODINGS).nullable(),
  /** Only messages of these events trigger a run. Null: messages of any event do. */
  when: z.array(z.string()).nullable(),
  /** The fields of the run's input, each with the JSON Pointer of its value in the body. Null: the input is the body. */
  pick: z.record(z.string(), z.string()).nullable(),
  /** Where the body has the concurrency key of the run, as a JSON Pointer. Null: the run gets that of the trigger. */
  key_from: z.string().nullable(),
  /** The labels of the run, each with the JSON Pointer of its value. */
  labels_from: z.record(z.string(), z.string()).nullable(),
  /** A message sends this signal to the workflow, instead of triggering a run. The correlation is at this JSON Pointer of the body. */
  signal: z.object({ name: z.string(), correlation_from: z.string() }).nullable().default(null),
});
export type WebhookConfig = z.infer<typeof webhookConfigSchema>;
