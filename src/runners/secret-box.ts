/**
 * Encrypts webhook secrets for the database with AES-256-GCM. The text is `<key id>.<iv>.<ciphertext>`; the last two are
 * base64url. The id of the definition is authenticated data, so a ciphertext cannot be decrypted when it is copied to another
 * row.
 */
import { decodeBase64, decodeBase64Url, encodeBase64Url } from "hono/utils/encode";
import type { Key, KeyRing } from "../key-ring.ts";

/** How many decrypted secrets an isolate keeps for each key. The oldest one is forgotten first. */
const MAX_DECRYPTED = 200;

/** 96 bits, as NIST SP 800-38D recommends. Each encryption uses a new random IV. */
const IV_BYTES = 12;

/** Encrypts a definition's webhook secret with the newest key. */
export async function encryptWebhookSecret(keys: KeyRing, definitionId: string, secret: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const plaintext = new TextEncoder().encode(secret);
  const ciphertext = await crypto.subtle.encrypt(algorithm(iv, definitionId), await importKey(keys.newest), plaintext);
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
  const known = decryptedWith(key);
  const name = `${definitionId.toLowerCase()} ${encrypted}`;
  const secret = known.get(name) ?? (await decrypt(key, definitionId, iv, ciphertext));
  known.set(name, secret);
  const [oldest] = known.keys();
  if (known.size > MAX_DECRYPTED && oldest !== undefined) known.delete(oldest);
  return secret;
}

async function decrypt(key: Key, definitionId: string, iv: string, ciphertext: string): Promise<string> {
  const plaintext = await crypto.subtle.decrypt(
    algorithm(decodeBase64Url(iv), definitionId),
    await importKey(key),
    decodeBase64Url(ciphertext),
  );
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plaintext);
}

/** What was decrypted with each key: the secrets by definition and ciphertext. */
const decrypted = new WeakMap<Key, Map<string, string>>();

function decryptedWith(key: Key): Map<string, string> {
  const known = decrypted.get(key);
  if (known) return known;
  const made = new Map<string, string>();
  decrypted.set(key, made);
  return made;
}

const algorithm = (iv: Uint8Array<ArrayBuffer>, definitionId: string) => ({
  name: "AES-GCM",
  iv,
  // A caller may send a UUID in upper case, while the database always returns it in lower case.
  additionalData: new TextEncoder().encode(definitionId.toLowerCase()),
});

/** The keys that this isolate has imported, so that it imports each of them once. */
const imported = new WeakMap<Key, AesKey>();
type AesKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

async function importKey(key: Key): Promise<AesKey> {
  const known = imported.get(key);
  if (known) return known;
  const made = await crypto.subtle.importKey("raw", decodeBase64(key.secret), "AES-GCM", false, ["encrypt", "decrypt"]);
  imported.set(key, made);
  return made;
}
