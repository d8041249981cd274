/**
 * Session tokens: JWTs (RFC 7519) of a login service or of this service, which say who the user is. The database decides what
 * the user may do and whether the user is still active. Claims: `sub` user, `tenant_id`, `exp`. Our own tokens also have
 * `api_key_id` or `login_id`, `sid`, `iat`, `auth_time`, `host_cookie` and `cel`, the cell; those of a login service may have `email` and
 * `email_verified`.
 */
import { decode, sign, verify, verifyWithJwks } from "hono/jwt";
import type { AsymmetricAlgorithm } from "hono/utils/jwt/jwa";
import { z } from "zod";
import type { Config } from "../../config.ts";
import type { SessionClaims } from "../../db/access.ts";
import { Problem } from "../problems.ts";
import { requireCell } from "./cell.ts";
import { ALGORITHM, cellOfToken, signingKey, verificationKey } from "./jwt-keys.ts";
import { openKeySet } from "./session-keys.ts";

/**
 * Claims about the user as of the sign-in. They are only displayed; no decision depends on them. `name` is a claim of OpenID
 * Connect; `tenant_name` and `role` are our own.
 */
export type SessionName = { name: string; tenant_name?: string | undefined; role?: string | undefined };

/** The verified claims of a session token. */
export type Session = SessionClaims & {
  name: SessionName | null;
  /**
   * Set for a session of the dashboard, which then has a `signInSessionId`. `issuedAt` is from a Worker's clock, `beganAt` from the
   * database's: see `renewSession`.
   */
  renewable: { issuedAt: number; beganAt: number } | null;
  /** True for a token that was signed for the cookie that only this host can set. It is not taken from another cookie. */
  isForHostCookie: boolean;
};

/**
 * A session to be signed, of a user who signed in with an API key or by the login service. Instants are in seconds since 1970;
 * `beganAt` is when the user signed in.
 */
export type NewSession = {
  userId: string;
  tenantId: string;
  apiKeyId: string | null;
  loginId: string | null;
  signInSessionId: string;
  beganAt: number;
  expiresAt: number;
  name?: SessionName | undefined;
};

/**
 * Verifies a session token; null when it is not valid. Its times are not checked here: the statement that uses the session
 * checks them by the clock of the database.
 * @throws Problem `session_keys_unavailable`, `misdirected` for a token of another cell, or `unauthenticated` with the name of the claim when the signature is right but a
 * claim is missing or wrong
 */
export type VerifySession = (token: string) => Promise<Session | null>;

const ASYMMETRIC: readonly AsymmetricAlgorithm[] = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
];

/** The allowed values of `typ`, which may be missing. `at+jwt` is used by OAuth access tokens (RFC 9068). */
const TYPES = ["JWT", "at+jwt"];

/** The last second of the year 9999. Later instants are refused, since Postgres may be unable to store them. */
const MAX_INSTANT = 253_402_300_799;

const headerSchema = z.object({ alg: z.string(), kid: z.string().optional(), typ: z.string().optional() });
const instant = z.number().min(0).max(MAX_INSTANT);
const claimsSchema = z.object({
  sub: z.guid(),
  tenant_id: z.guid(),
  exp: instant,
  nbf: instant.default(0),
  api_key_id: z.guid().nullable().default(null),
  login_id: z.guid().nullable().default(null),
  // A claim of OpenID Connect Front-Channel Logout 1.0, section 3: the id of the session.
  sid: z.guid().nullable().catch(null),
  iat: instant.optional().catch(undefined),
  // A claim of OpenID Connect Core 1.0, section 2: when the user signed in.
  auth_time: instant.optional().catch(undefined),
  // Our own tokens of before this claim were in the cookie `ks_uat`, and are taken from there until they end.
  host_cookie: z.boolean().catch(false),
  name: z.string().optional().catch(undefined),
  tenant_name: z.string().optional().catch(undefined),
  role: z.string().optional().catch(undefined),
  // A claim of OpenID Connect Core 1.0, section 5.1. It is used only to accept an invite.
  email: z.string().max(254).nullable().catch(null),
  email_verified: z.boolean().catch(false),
});

/** What each claim must be whose fault is told to the caller. The ids are those of this service, and not of the login service. */
const CLAIMS: Readonly<Record<string, string>> = {
  sub: "the id of a user of this service, a UUID",
  tenant_id: "the id of the user's tenant, a UUID",
  exp: "when the token expires, in seconds since 1970",
  nbf: "when the token begins to be valid, in seconds since 1970",
  api_key_id: "the id of an API key, a UUID",
  login_id: "the id of a login of this service, a UUID",
};

/**
 * Reads the claims of a token whose signature is right.
 * @throws Problem `unauthenticated`, which names the first claim that is missing or wrong
 */
function readClaims(payload: unknown): z.infer<typeof claimsSchema> {
  const result = claimsSchema.safeParse(payload);
  if (result.success) return result.data;
  const claim = String(result.error.issues[0]?.path[0]);
  const isMissing = typeof payload !== "object" || payload === null || !(claim in payload);
  const fault = isMissing ? `has no claim \`${claim}\`` : `has a wrong claim \`${claim}\``;
  throw new Problem("unauthenticated", `The session token ${fault}. It must be ${CLAIMS[claim]}.`);
}

/** Verifies HS256 tokens with the key ring, and tokens of other algorithms with the keys that the issuer publishes. */
export function openSessions(config: Pick<Config, "sessions" | "cell" | "cells">): VerifySession {
  const { keys: ring, jwksUrl, issuer, audience } = config.sessions;
  const findKeys = jwksUrl === undefined ? undefined : openKeySet(jwksUrl);
  const expected = {
    ...(issuer !== undefined && { iss: issuer }),
    ...(audience !== undefined && { aud: audience }),
    exp: false,
    nbf: false,
    iat: false,
  };

  async function readPayload(token: string): Promise<unknown> {
    const { alg, kid, typ } = headerSchema.parse(decode(token).header);
    const verification = { ...expected, ...(typ !== undefined && { typ: TYPES }) };
    if (alg === ALGORITHM) {
      const key = kid === undefined ? ring?.newest : ring?.byId.get(kid);
      return key && verify(token, await verificationKey(key), { ...verification, alg });
    }
    if (!findKeys || kid === undefined || !ASYMMETRIC.some((allowed) => allowed === alg)) return undefined;
    return verifyWithJwks(token, { keys: await findKeys(kid), verification, allowedAlgorithms: ASYMMETRIC });
  }

  return async (token) => {
    try {
      requireCell(config, cellOfToken(token));
      const payload = await readPayload(token);
      if (payload === undefined) return null;
      const claims = readClaims(payload);
      const { sub, tenant_id, exp, nbf, api_key_id, login_id, sid, iat, auth_time } = claims;
      const { email, email_verified, host_cookie, name, tenant_name, role } = claims;
      const hasBegun = api_key_id !== null || login_id !== null;
      // A cookie names its session, so that somebody can end it.
      if (hasBegun && sid === null) return null;
      const isOurs = hasBegun && iat !== undefined && auth_time !== undefined;
      return {
        userId: sub,
        tenantId: tenant_id,
        expiresAt: exp,
        notBefore: nbf,
        apiKeyId: api_key_id,
        loginId: login_id,
        // A login service may have sessions of its own, which have nothing to do with ours.
        signInSessionId: hasBegun ? sid : null,
        verifiedEmail: email_verified ? email : null,
        name: name === undefined ? null : { name, tenant_name, role },
        renewable: isOurs ? { issuedAt: iat, beganAt: auth_time } : null,
        isForHostCookie: host_cookie,
      };
    } catch (error) {
      if (error instanceof Problem) throw error;
      return null;
    }
  };
}

/**
 * Makes a session token of this service, for a user who signed in on a page. It is signed with the newest key, so {@link
 * openSessions} accepts it. Null when SESSION_SECRET is not set.
 */
export async function signSession(
  { sessions: { keys, issuer, audience }, cell }: Pick<Config, "sessions" | "cell">,
  { userId, tenantId, beganAt, expiresAt, apiKeyId, loginId, signInSessionId, name }: NewSession,
): Promise<string | null> {
  if (!keys) return null;
  const claims = {
    sub: userId,
    tenant_id: tenantId,
    iat: Math.floor(Date.now() / 1000),
    auth_time: beganAt,
    exp: expiresAt,
    ...(apiKeyId !== null && { api_key_id: apiKeyId }),
    ...(loginId !== null && { login_id: loginId }),
    sid: signInSessionId,
    host_cookie: true,
    cel: cell,
    ...name,
    ...(issuer !== undefined && { iss: issuer }),
    ...(audience !== undefined && { aud: audience }),
  };
  return sign(claims, await signingKey(keys.newest), ALGORITHM);
}
