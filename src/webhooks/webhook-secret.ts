/** A webhook secret with this prefix is a key in base64. Any other secret is itself the key. */
export const KEY_PREFIX = "whsec_";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)$/;

/** Shorter secrets can be guessed. */
export const MIN_SECRET_BYTES = 16;

const TOO_SHORT =
  `Must have at least ${MIN_SECRET_BYTES} bytes, after \`whsec_\` and decoded where it begins so. ` +
  "Make one with `openssl rand -base64 32`.";

/** Generates a secret of 256 random bits. */
export function generateWebhookSecret(): string {
  return KEY_PREFIX + crypto.getRandomValues(new Uint8Array(32)).toBase64();
}

/**
 * Generates a secret of at least 256 random bits of which everything after `whsec_` is letters and digits, so that it also fits into a URL.
 */
export function generatePlainSecret(): string {
  for (;;) {
    const key = crypto.getRandomValues(new Uint8Array(33)).toBase64();
    // One of four keys has neither `+` nor `/`.
    if (/^[A-Za-z0-9]+$/.test(key)) return KEY_PREFIX + key;
  }
}

/** Null when messages can be signed with the secret, otherwise a sentence that says what is wrong with it. */
export function checkWebhookSecret(secret: string): string | null {
  const isKey = secret.startsWith(KEY_PREFIX);
  const key = secret.slice(KEY_PREFIX.length);
  // Checked here, since the library would ignore invalid characters after the key.
  if (isKey && !BASE64.test(key)) {
    return "After `whsec_` there must be a key in base64; a secret that does not begin so is used as it is.";
  }
  const bytes = isKey ? atob(key).length : new TextEncoder().encode(secret).length;
  return bytes < MIN_SECRET_BYTES ? TOO_SHORT : null;
}
