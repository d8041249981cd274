/** Messages to runners, signed as the Standard Webhooks specification says: https://www.standardwebhooks.com. */
import { Webhook } from "standardwebhooks";
import { KEY_PREFIX } from "./webhook-secret.ts";

export type WebhookMessage = {
  /** Identifies the message. It stays the same when the message is sent again. */
  id: string;
  /** When the message is sent this time (RFC 3339), by the database's clock. */
  at: string;
  /** JSON, with exactly the bytes that are sent. */
  body: string;
};

/**
 * The headers that identify a message and prove who sent it.
 * @throws Error when the secret is not valid: see `checkWebhookSecret`
 */
export function signWebhook(secret: string, { id, at, body }: WebhookMessage) {
  const sentAt = new Date(at);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(sentAt.getTime() / 1000)),
    "webhook-signature": keyOf(secret).sign(id, sentAt, body),
  };
}

/**
 * A secret that begins with `whsec_` is a key in base64. Any other secret is itself the key, in UTF-8. It is passed to the
 * library as bytes, since the library would truncate each character of a string to one byte.
 */
const keyOf = (secret: string) =>
  secret.startsWith(KEY_PREFIX)
    ? new Webhook(secret)
    : new Webhook(new TextEncoder().encode(secret), { format: "raw" });
