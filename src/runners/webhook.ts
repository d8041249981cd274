/** Messages to runners, signed as the Standard Webhooks specification says: https://www.standardwebhooks.com. */
import { Webhook } from "standardwebhooks";
import { KEY_PREFIX } from "./webhook-secret.ts";

export type WebhookMessage = {
  /** Names the message: the same in every delivery of it. */
  id: string;
  /** When this delivery is made (RFC 3339), by the database's clock. */
  at: string;
  /** JSON, byte for byte as it is sent. */
  body: string;
};

/** The headers that prove who sent a message. Throws when the secret is none: see `checkWebhookSecret`. */
export function signWebhook(secret: string, { id, at, body }: WebhookMessage) {
  const sentAt = new Date(at);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(sentAt.getTime() / 1000)),
    "webhook-signature": keyOf(secret).sign(id, sentAt, body),
  };
}

/**
 * A secret that begins with `whsec_` is a key in base64; any other is the key itself, as UTF-8. The library would
 * cut each character of a raw string down to one byte, so it is given bytes.
 */
const keyOf = (secret: string) =>
  secret.startsWith(KEY_PREFIX)
    ? new Webhook(secret)
    : new Webhook(new TextEncoder().encode(secret), { format: "raw" });
