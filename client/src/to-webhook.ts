/** Not in `verify-webhook.ts`, whose types programs without Node's types compile, too: those of this library name Node's `Buffer`. */
import { Webhook } from "standardwebhooks";

/**
 * A secret is `whsec_` followed by a key in base64. Any other text is itself the key.
 * @throws Error when the secret is empty, or the text after `whsec_` is no base64
 */
export function toWebhook(secret: string): Webhook {
  if (secret === "") throw new TypeError("The webhook secret is empty.");
  if (secret.startsWith("whsec_")) return new Webhook(secret);
  return new Webhook(new TextEncoder().encode(secret), { format: "raw" });
}
