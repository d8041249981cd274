/** The keys of a key ring in the forms in which Hono signs and verifies JWTs. An isolate converts each key once. */
import { encodeBase64Url } from "hono/utils/encode";
import type { HonoJsonWebKey } from "hono/utils/jwt/jws";
import type { Key } from "../../key-ring.ts";

/** The algorithm of all tokens that this service signs. */
export const ALGORITHM = "HS256";

const signingKeys = new WeakMap<Key, HonoJsonWebKey>();
const verificationKeys = new WeakMap<Key, HmacKey>();
type HmacKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const bytesOf = ({ secret }: Key) => new TextEncoder().encode(secret);

/** A key to sign with: a JWK, since Hono reads the key id for the header of the token from it. */
export function signingKey(key: Key): HonoJsonWebKey {
  const known = signingKeys.get(key);
  if (known) return known;
  const k = encodeBase64Url(bytesOf(key).buffer).replaceAll("=", "");
  const made = { kty: "oct", alg: ALGORITHM, kid: key.id, k };
  signingKeys.set(key, made);
  return made;
}

/** A key to verify with. */
export async function verificationKey(key: Key): Promise<HmacKey> {
  const known = verificationKeys.get(key);
  if (known) return known;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const made = await crypto.subtle.importKey("raw", bytesOf(key), algorithm, false, ["verify"]);
  verificationKeys.set(key, made);
  return made;
}
