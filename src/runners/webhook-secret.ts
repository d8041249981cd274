/** A webhook secret that begins so is a key in base64; any other is used as it is. */
export const KEY_PREFIX = "whsec_";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)$/;

/** Null when messages can be signed with the secret; else a sentence that says what is wrong with it. */
export function checkWebhookSecret(secret: string): string | null {
  if (secret === "") return "Must not be empty.";
  // The library would overlook what follows the key.
  if (!secret.startsWith(KEY_PREFIX) || BASE64.test(secret.slice(KEY_PREFIX.length))) return null;
  return "After `whsec_` there must be a key in base64; a secret that does not begin so is used as it is.";
}
