/** The keys of a key ring in the forms in which Hono signs and verifies JWTs. An isolate converts each key once. */
import { decode } from "hono/jwt";
import { encodeBase64Url } from "hono/utils/encode";
import { z } from "zod";
import type { Key } from "../../base/key-ring.ts";
import { oncePer } from "../../base/memo.ts";
import { CELL } from "../../config.ts";

/** The algorithm of all tokens that this service signs. */
export const ALGORITHM = "HS256";

const cellSchema = z.object({ cel: z.string().regex(CELL) });

/** The cell that a token names in its claim `cel`, before its signature is verified: another cell may have other keys. */
export function cellOfToken(token: string): string | undefined {
  try {
    return cellSchema.parse(decode(token).payload).cel;
  } catch {
    return undefined;
  }
}

const bytesOf = ({ secret }: Key) => new TextEncoder().encode(secret);

/** A key to sign with: a JWK, since Hono reads the key id for the header of the token from it. */
export const signingKey = oncePer((key: Key) => {
  const k = encodeBase64Url(bytesOf(key).buffer).replaceAll("=", "");
  return { kty: "oct", alg: ALGORITHM, kid: key.id, k };
});

/** A key to verify with. */
export const verificationKey = oncePer((key: Key) =>
  crypto.subtle.importKey("raw", bytesOf(key), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]),
);
