/** The keys of a key ring in the forms in which Hono signs and verifies JWTs. An isolate converts each key once. */
import { decode, sign, verify } from "hono/jwt";
import { encodeBase64Url } from "hono/utils/encode";
import { z } from "zod";
import type { Key, KeyRing } from "../../base/key-ring.ts";
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

const headerSchema = z.object({ kid: z.string() });

/** Signs claims with the newest key. Each kind of token has an audience (`aud`) of its own, so that none passes for another. */
export const signClaims = async (keys: KeyRing, claims: Readonly<Record<string, unknown>>): Promise<string> =>
  sign(claims, await signingKey(keys.newest), ALGORITHM);

/**
 * The claims of a token that was signed with a key of the ring for this audience; null when it is not valid. `exp` is not checked: the
 * database checks instants by its own clock, so no decision depends on the clock of a Worker.
 */
export async function verifyClaims<Claims>(
  keys: KeyRing,
  token: string,
  schema: z.ZodType<Claims>,
  audience: string | undefined,
): Promise<Claims | null> {
  try {
    const { kid } = headerSchema.parse(decode(token).header);
    const key = keys.byId.get(kid);
    if (!key) return null;
    const options = { alg: ALGORITHM, exp: false, ...(audience !== undefined && { aud: audience }) } as const;
    return schema.parse(await verify(token, await verificationKey(key), options));
  } catch {
    return null;
  }
}
