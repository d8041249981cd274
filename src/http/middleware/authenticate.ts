import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import { type Credential, countedAs, Unauthenticated } from "../../db/access.ts";
import type { Scope } from "../../db/enums.ts";
import type { AgentAccess } from "../credentials/agent-token.ts";
import { hashApiKey, isApiKey, isWellFormedApiKey, scopesOfKey } from "../credentials/api-key.ts";
import { cellOfKey, requireCell } from "../credentials/cell.ts";
import type { Session } from "../credentials/session-token.ts";
import type { AppEnv } from "../env.ts";
import { answerProblem } from "../errors.ts";
import { Problem } from "../problems.ts";
import { limitCaller } from "./limit-rate.ts";
import { noteUse } from "./note-use.ts";
import { provideServices } from "./provide-services.ts";

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;

/**
 * The cookie of a session of the dashboard. A browser takes a cookie with this prefix over https from this host alone, so no other host of
 * the domain can plant one (RFC 6265bis, 4.1.3.2).
 */
export const SESSION_COOKIE = "__Host-ks_uat";

/**
 * The cookie in which other programs send a session token. Until they end, also that of the dashboard's sessions of before the prefix.
 * Any host of the domain can plant it.
 */
export const TOKEN_COOKIE = "ks_uat";

const MISTYPED = "The API key looks mistyped or cut off, since its checksum is wrong. Copy the whole key again.";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** The token of the header `Authorization: Bearer …`; undefined when the request has no such header. */
export const bearerToken = (c: Context): string | undefined => BEARER.exec(c.req.header("Authorization") ?? "")?.[1];

/**
 * The session of the request's cookies; null without a valid token. The dashboard's own comes first. One of `ks_uat` may be planted, so
 * a token that was signed for the other cookie is not taken from there, and no session from there is renewed.
 * @throws Problem as `VerifySession` does
 */
export async function sessionOfCookies(c: Context<AppEnv>): Promise<Session | null> {
  const own = getCookie(c, SESSION_COOKIE);
  if (own !== undefined) return c.env.verifySession(own);
  const token = getCookie(c, TOKEN_COOKIE);
  const session = token === undefined ? null : await c.env.verifySession(token);
  return session === null || session.isForHostCookie ? null : { ...session, renewable: null };
}

/**
 * Reads the caller's credential from the request. The SQL statement that uses the credential also checks it, so authentication
 * needs no extra round trip.
 */
export const authenticate = createMiddleware<AppEnv>(async (c, next) => {
  if (c.env.agent !== undefined) {
    await authenticateAgent(c, c.env.agent);
    return next();
  }
  const hasHeader = c.req.header("Authorization") !== undefined;
  const token = hasHeader ? bearerToken(c) : (getCookie(c, SESSION_COOKIE) ?? getCookie(c, TOKEN_COOKIE));
  if (token === undefined) throw new Problem("unauthenticated");
  if (!hasHeader) requireSameOrigin(c);
  const credential = await readCredential(c, token, hasHeader);
  c.set("credential", credential);
  provideServices(c, { caller: credential });
  await limitCaller(c, countedAs(credential));
  await next();
  noteUseOf(c, credential);
  if (c.error instanceof Unauthenticated && (await looksMistyped(token))) {
    c.res = answerProblem(c, "unauthenticated", MISTYPED);
  }
});

/** An agent has the rights of the person who has let it in, and counts as that person. */
async function authenticateAgent(c: Context<AppEnv>, { grantId, ...access }: AgentAccess): Promise<void> {
  const proof = { apiKeyId: null, loginId: null, signInSessionId: null, verifiedEmail: null, agentGrantId: grantId };
  const credential = { session: { ...access, ...proof, notBefore: 0 } };
  c.set("credential", credential);
  provideServices(c, { caller: credential });
  await limitCaller(c, countedAs(credential));
}

/** Notes the use of an API key, or of a session of the dashboard. Those of a login service are not known by an id. */
export function noteUseOf(c: Context<AppEnv>, credential: Credential): void {
  if ("apiKeyHash" in credential) noteUse(c, { kind: "keyHashes", id: credential.apiKeyHash });
  else if (credential.session.signInSessionId !== null) {
    noteUse(c, { kind: "signInSessionIds", id: credential.session.signInSessionId });
  }
}

/**
 * After `authenticate`: refuses a key with scopes, and an agent, that has none of these, before the database is asked. A key without scopes,
 * and a session, may do all that its user may.
 */
export const requireScope = (accepted: readonly Scope[]) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const { credential } = c.var;
    const { agent } = c.env;
    const scopes = "session" in credential ? agent?.scopes : credential.scopes;
    if (scopes !== undefined && !scopes.some((scope) => accepted.includes(scope))) {
      if (agent !== undefined) {
        const needed = accepted.length === 0 ? "without scopes" : `with the scope ${accepted.join(" or ")}`;
        throw new Problem(
          "forbidden",
          `The person lets this agent only ${agent.scopes.join(" and ")}. This needs an API key ${needed}.`,
        );
      }
      const wanted = accepted.length === 0 ? "" : `one with the scope ${accepted.join(" or ")}, or `;
      throw new Problem(
        "forbidden",
        `This API key has only the scope ${scopes.join(", ")}. Send ${wanted}one without scopes.`,
      );
    }
    await next();
  });

async function readCredential(c: Context<AppEnv>, token: string, isBearer: boolean): Promise<Credential> {
  if (isApiKey(token)) {
    requireCell(c.env.config, cellOfKey(token));
    return { apiKeyHash: await hashApiKey(token), scopes: scopesOfKey(token) };
  }
  const session = await (isBearer ? c.env.verifySession(token) : sessionOfCookies(c));
  if (session === null) throw new Problem("unauthenticated");
  return { session };
}

/** The prefix of the demo keys of the local stack. They have no checksum. */
const DEMO_PREFIX = "wr_demo_";

const looksMistyped = async (token: string) =>
  isApiKey(token) && !token.startsWith(DEMO_PREFIX) && !(await isWellFormedApiKey(token));

/** True when the browser says that a page of this service sent the request. */
export const isSameOrigin = (c: Context): boolean =>
  c.req.header("Sec-Fetch-Site") === "same-origin" || c.req.header("Origin") === new URL(c.req.url).origin;

/**
 * Refuses a change that comes from a page of another origin (CSRF). A browser adds the session cookie to requests of any page,
 * so the cookie alone does not prove that the user wanted the change. Hono's `csrf` is not enough, since it only checks
 * requests with the content types of forms.
 * @throws Problem `forbidden`
 */
export function requireSameOrigin(c: Context): void {
  if (SAFE_METHODS.has(c.req.method) || isSameOrigin(c)) return;
  throw new Problem("forbidden", "With the cookie of a session, only requests of the same origin can make changes.");
}
