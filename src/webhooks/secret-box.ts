/**
 * Encrypts with AES-256-GCM: webhook secrets for the database, and what a browser keeps for us. The text is
 * `<key id>.<iv>.<ciphertext>`; the last two are base64url. What it is for is authenticated data: for a webhook secret the id of the
 * definition, so a ciphertext cannot be decrypted when it is copied to another row.
 */
import { decodeBase64, decodeBase64Url, encodeBase64Url } from "hono/utils/encode";
import type { Key, KeyRing } from "../base/key-ring.ts";
import { oncePer, remember } from "../base/memo.ts";

/** How many decrypted secrets an isolate keeps in memory for each key. */
const MAX_DECRYPTED = 200;

/** 96 bits, as NIST SP 800-38D recommends. Each encryption uses a new random IV. */
const IV_BYTES = 12;

/** Encrypts a text with the newest key. Only {@link unseal} with the same `purpose` decrypts it. */
export async function seal(keys: KeyRing, purpose: string, text: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const { aesKey } = await openBox(keys.newest);
  const ciphertext = await crypto.subtle.encrypt(algorithm(iv, purpose), aesKey, new TextEncoder().encode(text));
  return [keys.newest.id, encodeBase64Url(iv.buffer), encodeBase64Url(ciphertext)].join(".");
}

/**
 * Decrypts a text of {@link seal} with the key that encrypted it.
 * @throws Error when that key is no longer in the ring, or when the text was encrypted for another purpose or changed
 */
export async function unseal(keys: KeyRing, purpose: string, encrypted: string): Promise<string> {
  const [keyId = "", iv = "", ciphertext = ""] = encrypted.split(".");
  const key = keys.byId.get(keyId);
  if (!key) throw new Error(`ENCRYPTION_KEY has no key "${keyId}".`);
  const { aesKey } = await openBox(key);
  const bytes = decodeBase64Url(ciphertext);
  const plaintext = await crypto.subtle.decrypt(algorithm(decodeBase64Url(iv), purpose), aesKey, bytes);
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plaintext);
}

// A caller may send a UUID in upper case, while the database always returns it in lower case.
const purposeOf = (definitionId: string) => definitionId.toLowerCase();

/** Encrypts a definition's webhook secret with the newest key. */
export const encryptWebhookSecret = (keys: KeyRing, definitionId: string, secret: string): Promise<string> =>
  seal(keys, purposeOf(definitionId), secret);

/**
 * Decrypts a secret of {@link encryptWebhookSecret} with the key that encrypted it. An isolate keeps what it has decrypted, in
 * memory only, since a busy workflow needs its secret for each run.
 * @throws Error when that key is no longer in the ring, or when the text was not encrypted for this definition
 */
export async function decryptWebhookSecret(keys: KeyRing, definitionId: string, encrypted: string): Promise<string> {
  const [keyId = ""] = encrypted.split(".");
  const key = keys.byId.get(keyId);
  if (!key) throw new Error(`ENCRYPTION_KEY has no key "${keyId}", with which a webhook secret was encrypted.`);
  const { decrypted } = await openBox(key);
  const name = `${purposeOf(definitionId)} ${encrypted}`;
  const known = decrypted.get(name);
  if (known !== undefined) return known;
  const secret = await unseal(keys, purposeOf(definitionId), encrypted);
  remember(decrypted, name, secret, MAX_DECRYPTED);
  return secret;
}

const algorithm = (iv: Uint8Array<ArrayBuffer>, purpose: string) => ({
  name: "AES-GCM",
  iv,
  additionalData: new TextEncoder().encode(purpose),
});

/** What an isolate keeps for each key: the imported key, and the decrypted secrets by definition and ciphertext. */
const openBox = oncePer(async (key: Key) => ({
  aesKey: await crypto.subtle.importKey("raw", decodeBase64(key.secret), "AES-GCM", false, ["encrypt", "decrypt"]),
  decrypted: new Map<string, string>(),
}));
