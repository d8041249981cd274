import { decode, sign, verify } from "hono/jwt";
import { z } from "zod";
import type { KeyRing } from "../../base/key-ring.ts";
import { ALGORITHM, signingKey, verificationKey } from "./jwt-keys.ts";

/** What a run token proves: the request comes from the runner of this attempt of this run. */
export type RunToken = { runId: string; attempt: number; tenantId: string };

export type NewRunToken = RunToken & { cell: string; expiresAt: string };

const headerSchema = z.object({ kid: z.string() });
const claimsSchema = z.object({ sub: z.guid(), att: z.int().min(1), tid: z.guid() });

/**
 * Makes the run token: the credential with which a runner reports the result of one attempt of a run. It is a JWT (RFC 7519,
 * HS256) that is signed with the newest key. Claims: `sub` run, `att` attempt, `tid` tenant, `cel` cell, `exp`
 * deadline.
 */
export async function signRunToken(keys: KeyRing, token: NewRunToken): Promise<string> {
  const claims = {
    sub: token.runId,
    att: token.attempt,
    tid: token.tenantId,
    cel: token.cell,
    exp: Math.floor(Date.parse(token.expiresAt) / 1000),
  };
  return sign(claims, await signingKey(keys.newest), ALGORITHM);
}

/**
 * Verifies a run token; null when it is not valid. `exp` is not checked here: the database checks the deadline by its own
 * clock. So no decision depends on the clock of a Worker, and a late result can still be recorded as an event.
 */
export async function verifyRunToken(keys: KeyRing, token: string): Promise<RunToken | null> {
  try {
    const { kid } = headerSchema.parse(decode(token).header);
    const key = keys.byId.get(kid);
    if (!key) return null;
    const claims = claimsSchema.parse(await verify(token, await verificationKey(key), { alg: ALGORITHM, exp: false }));
    return { runId: claims.sub, attempt: claims.att, tenantId: claims.tid };
  } catch {
    return null;
  }
}
