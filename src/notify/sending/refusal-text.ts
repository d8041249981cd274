/** What an endpoint answers when it refuses a notification, in a form that can be stored and shown. */
import { showControls } from "../../runs/log/log-text.ts";

/** How much of an answer is stored. */
const MAX_BYTES = 1024;

/** More is read than is stored, so that a secret at the end is found although only its beginning would be stored. */
const READ_BYTES = 2 * MAX_BYTES;

/** The body of a refusal normally comes with its status. */
const TIMEOUT_MS = 1_000;

/** Characters that change the direction of the text around them. */
const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Reads the beginning of an answer as text: its first 1 KiB, without these secrets, and with control characters made visible.
 * Null for an answer without a body. Never throws, and takes at most a second.
 */
export async function readRefusal({ body }: Response, secrets: readonly string[]): Promise<string | null> {
  if (body === null) return null;
  const read = await readBeginning(body);
  const text = new TextDecoder().decode(hide(read, secrets).subarray(0, MAX_BYTES), { stream: true });
  const shown = showControls(text).replaceAll(
    DIRECTIONS,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return shown.trim() === "" ? null : shown;
}

async function readBeginning(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = body.getReader();
  const read = new Uint8Array(READ_BYTES);
  let length = 0;
  const { promise: isLate, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), TIMEOUT_MS);
  try {
    while (length < READ_BYTES) {
      const chunk = await Promise.race([reader.read(), isLate]);
      if (chunk === null || chunk.done) break;
      const part = chunk.value.subarray(0, READ_BYTES - length);
      read.set(part, length);
      length += part.length;
    }
  } catch {
    // The connection broke. What has come so far is kept.
  }
  clearTimeout(timer);
  await reader.cancel().catch(() => {});
  return read.subarray(0, length);
}

/**
 * Replaces each byte of a secret by `*`, so that the text keeps its length. An endpoint may send back what it got or expected. JSON
 * may have its slashes escaped, and a form the other characters of base64.
 */
function hide(bytes: Uint8Array, secrets: readonly string[]): Uint8Array {
  // Each byte as one character, so that positions in the text are positions in the bytes.
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return Uint8Array.from(hideIn(text, secrets), (char) => char.charCodeAt(0));
}

/** The text with a `*` for each character of a secret. */
export const hideIn = (text: string, secrets: readonly string[]): string =>
  secrets.reduce(
    (rest, secret) => (secret === "" ? rest : rest.replaceAll(patternOf(secret), (found) => "*".repeat(found.length))),
    text,
  );

function patternOf(secret: string): RegExp {
  // What is before and after the base64 of a key or signature is no secret, and may be missing.
  const essence = secret.replace(/^(whsec_|v1,)/, "").replace(/=+$/, "");
  const inBytes = Array.from(new TextEncoder().encode(essence), (byte) => String.fromCharCode(byte));
  const anyForm = inBytes.map((char) => {
    const escaped = RegExp.escape(char);
    return /[A-Za-z0-9]/.test(char)
      ? escaped
      : `(?:\\\\?${escaped}|%${char.charCodeAt(0).toString(16).padStart(2, "0")})`;
  });
  return new RegExp(anyForm.join(""), "gi");
}
