/** Messages to runners, signed as the Standard Webhooks specification says: https://www.standardwebhooks.com. */
import { Webhook } from "standardwebhooks";

export type WebhookMessage = {
  /** Names the message: the same in every delivery of it. */
  id: string;
  /** When this delivery is made (RFC 3339), by the database's clock. */
  at: string;
  /** JSON, byte for byte as it is sent. */
  body: string;
};

/** The headers that prove who sent a message. Throws when the secret is none: see {@link checkWebhookSecret}. */
export function signWebhook(secret: string, { id, at, body }: WebhookMessage) {
  const sentAt = new Date(at);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(sentAt.getTime() / 1000)),
    "webhook-signature": keyOf(secret).sign(id, sentAt, body),
  };
}

/** Null when messages can be signed with the secret; else a sentence that says what is wrong with it. */
export function checkWebhookSecret(secret: string): string | null {
  if (secret === "") return "Must not be empty.";
  // The library would overlook what follows the key.
  if (!secret.startsWith(PREFIX) || BASE64.test(secret.slice(PREFIX.length))) return null;
  return "After `whsec_` there must be a key in base64; a secret that does not begin so is used as it is.";
}

const PREFIX = "whsec_";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)$/;

/**
 * A secret that begins with `whsec_` is a key in base64; any other is the key itself, as UTF-8. The library would
 * cut each character of a raw string down to one byte, so it is given bytes.
 */
const keyOf = (secret: string) =>
  secret.startsWith(PREFIX) ? new Webhook(secret) : new Webhook(new TextEncoder().encode(secret), { format: "raw" });
