import { z } from "zod";
import type { KeyRing } from "../../base/key-ring.ts";
import { signClaims, verifyClaims } from "./jwt-keys.ts";

/** What the token of a runner's session proves. `definitionIds` are the definitions whose runs it may lease; null for all. */
export type RunnerToken = {
  sessionId: string;
  tenantId: string;
  definitionIds: readonly string[] | null;
  /** What the runner has. Empty in the token of a release that knows no tags. */
  tags: readonly string[];
  /** RFC 3339. */
  expiresAt: string;
};

/** Distinguishes it from a run token, which is signed with the same keys. */
const AUDIENCE = "leases";

const claimsSchema = z.object({
  sub: z.guid(),
  tid: z.guid(),
  exp: z.int().min(0).max(253_402_300_799),
  def: z.array(z.guid()).nullable(),
  tag: z.array(z.string()).default([]),
});

/**
 * Makes the token of a runner's session, with which the runner asks for runs. It is a JWT (RFC 7519, HS256), signed with the
 * newest key. Claims: `sub` session, `tid` tenant, `def` definitions, `tag` tags, `cel` cell, `aud` "leases", `exp`.
 */
export async function signRunnerToken(
  keys: KeyRing,
  token: Omit<RunnerToken, "tags"> & { tags?: readonly string[]; cell: string },
): Promise<string> {
  return signClaims(keys, {
    sub: token.sessionId,
    tid: token.tenantId,
    def: token.definitionIds,
    tag: token.tags ?? [],
    cel: token.cell,
    aud: AUDIENCE,
    exp: Math.floor(Date.parse(token.expiresAt) / 1000),
  });
}

/**
 * Verifies the token of a runner's session; null when it is not valid. `exp` is not checked here: the database checks when the
 * session expires, by its own clock.
 */
export async function verifyRunnerToken(keys: KeyRing, token: string): Promise<RunnerToken | null> {
  const claims = await verifyClaims(keys, token, claimsSchema, AUDIENCE);
  return (
    claims && {
      sessionId: claims.sub,
      tenantId: claims.tid,
      definitionIds: claims.def,
      tags: claims.tag,
      expiresAt: new Date(claims.exp * 1000).toISOString(),
    }
  );
}
