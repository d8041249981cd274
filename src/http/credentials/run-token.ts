import { z } from "zod";
import type { KeyRing } from "../../base/key-ring.ts";
import { signClaims, verifyClaims } from "./jwt-keys.ts";

/** What a run token proves: the request comes from the runner of this attempt of this run. */
export type RunToken = { runId: string; attempt: number; tenantId: string };

export type NewRunToken = RunToken & { cell: string; expiresAt: string };

const claimsSchema = z.object({ sub: z.guid(), att: z.int().min(1), tid: z.guid() });

/**
 * Makes the run token: the credential with which a runner reports the result of one attempt of a run. It is a JWT (RFC 7519,
 * HS256) that is signed with the newest key. Claims: `sub` run, `att` attempt, `tid` tenant, `cel` cell, `exp`
 * deadline.
 */
export async function signRunToken(keys: KeyRing, token: NewRunToken): Promise<string> {
  return signClaims(keys, {
    sub: token.runId,
    att: token.attempt,
    tid: token.tenantId,
    cel: token.cell,
    exp: Math.floor(Date.parse(token.expiresAt) / 1000),
  });
}

/**
 * Verifies a run token; null when it is not valid. `exp` is not checked here, so that a late result can still be recorded as an event.
 */
export async function verifyRunToken(keys: KeyRing, token: string): Promise<RunToken | null> {
  const claims = await verifyClaims(keys, token, claimsSchema, undefined);
  return claims && { runId: claims.sub, attempt: claims.att, tenantId: claims.tid };
}
