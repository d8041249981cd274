import { decode, sign, verify } from "hono/jwt";
import { encodeBase64Url } from "hono/utils/encode";
import { z } from "zod";
import type { KeyRing } from "../../key-ring.ts";

/** What a token proves: which attempt of which run speaks. */
export type RunToken = { runId: string; attempt: number; tenantId: string };

const ALGORITHM = "HS256";

const headerSchema = z.object({ kid: z.string() });
const claimsSchema = z.object({ sub: z.guid(), att: z.int().min(1), tid: z.guid() });

/**
 * The token with which a runner says how one attempt of a run ended: a JWT (RFC 7519), HS256, signed with the
 * newest key. Claims: `sub` run, `att` attempt, `tid` tenant, `exp` deadline.
 */
export function signRunToken(keys: KeyRing, token: RunToken & { expiresAt: string }): Promise<string> {
  const { id: kid, secret } = keys.newest;
  const claims = {
    sub: token.runId,
    att: token.attempt,
    tid: token.tenantId,
    exp: Math.floor(Date.parse(token.expiresAt) / 1000),
  };
  // As a JWK, because that is how Hono takes the key id for the header.
  const k = encodeBase64Url(new TextEncoder().encode(secret).buffer).replaceAll("=", "");
  return sign(claims, { kty: "oct", alg: ALGORITHM, kid, k }, ALGORITHM);
}

/**
 * What a token of ours says; null for any other. Its `exp` is not judged here: the database judges the deadline
 * with its own clock, so that a late result is answered as one and kept, and a Worker's clock decides nothing.
 */
export async function verifyRunToken(keys: KeyRing, token: string): Promise<RunToken | null> {
  try {
    const { kid } = headerSchema.parse(decode(token).header);
    const key = keys.byId.get(kid);
    if (!key) return null;
    const claims = claimsSchema.parse(await verify(token, key.secret, { alg: ALGORITHM, exp: false }));
    return { runId: claims.sub, attempt: claims.att, tenantId: claims.tid };
  } catch {
    return null;
  }
}
