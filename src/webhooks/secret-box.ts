/**
 * Encrypts webhook secrets for the database with AES-256-GCM. The text is `<key id>.<iv>.<ciphertext>`; the last two are
 * base64url. The id of the definition is authenticated data, so a ciphertext cannot be decrypted when it is copied to another
 * row.
 */
import { decodeBase64, decodeBase64Url, encodeBase64Url } from "hono/utils/encode";
import type { Key, KeyRing } from "../key-ring.ts";
import { oncePer, remember } from "../memo.ts";

/** How many decrypted secrets an isolate keeps in memory for each key. */
const MAX_DECRYPTED = 200;

/** 96 bits, as NIST SP 800-38D recommends. Each encryption uses a new random IV. */
const IV_BYTES = 12;

/** Encrypts a definition's webhook secret with the newest key. */
export async function encryptWebhookSecret(keys: KeyRing, definitionId: string, secret: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const plaintext = new TextEncoder().encode(secret);
  const { aesKey } = await openBox(keys.newest);
  const ciphertext = await crypto.subtle.encrypt(algorithm(iv, definitionId), aesKey, plaintext);
  return [keys.newest.id, encodeBase64Url(iv.buffer), encodeBase64Url(ciphertext)].join(".");
}

/**
 * Decrypts a secret of {@link encryptWebhookSecret} with the key that encrypted it. An isolate keeps what it has decrypted, in
 * memory only, since a busy workflow needs its secret for each run.
 * @throws Error when that key is no longer in the ring, or when the text was not encrypted for this definition
 */
export async function decryptWebhookSecret(keys: KeyRing, definitionId: string, encrypted: string): Promise<string> {
  const [keyId = "", iv = "", ciphertext = ""] = encrypted.split(".");
  const key = keys.byId.get(keyId);
  if (!key) throw new Error(`ENCRYPTION_KEY has no key "${keyId}", with which a webhook secret was encrypted.`);
  const { aesKey, decrypted } = await openBox(key);
  const name = `${definitionId.toLowerCase()} ${encrypted}`;
  const known = decrypted.get(name);
  if (known !== undefined) return known;
  const plaintext = await crypto.subtle.decrypt(
    algorithm(decodeBase64Url(iv), definitionId),
    aesKey,
    decodeBase64Url(ciphertext),
  );
  const secret = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plaintext);
  remember(decrypted, name, secret, MAX_DECRYPTED);
  return secret;
}

const algorithm = (iv: Uint8Array<ArrayBuffer>, definitionId: string) => ({
  name: "AES-GCM",
  iv,
  // A caller may send a UUID in upper case, while the database always returns it in lower case.
  additionalData: new TextEncoder().encode(definitionId.toLowerCase()),
});

/** What an isolate keeps for each key: the imported key, and the decrypted secrets by definition and ciphertext. */
const openBox = oncePer(async (key: Key) => ({
  aesKey: await crypto.subtle.importKey("raw", decodeBase64(key.secret), "AES-GCM", false, ["encrypt", "decrypt"]),
  decrypted: new Map<string, string>(),
}));
