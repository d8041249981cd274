/**
 * The session of a browser: a signed token in a cookie, which names a row of `sign_in_sessions`. A sign-in inserts the row
 * (`begin_sign_in_session`), and each request looks it up by its primary key (`find_caller`). A session is refused when somebody has ended it,
 * and when the API key or the login with which it began has ended. What ends sessions names their users to the hub (`ended_user_ids`), which
 * then ends their streams.
 */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { type NewSession, signSession } from "../../../http/credentials/session-token.ts";
import type { AppEnv } from "../../../http/env.ts";
import { SESSION_COOKIE, TOKEN_COOKIE } from "../../../http/middleware/authenticate.ts";

/** How long a session lasts after it was last used. */
export const SESSION_SECONDS = 12 * 60 * 60;

/** The longest time that a session can last, however often it is used: `longest_sign_in_session` in SQL. */
const MAX_SESSION_SECONDS = 7 * 24 * 60 * 60;

/** A session is renewed when it is used and its last renewal is at least this long ago. */
const RENEW_AFTER_SECONDS = 10 * 60;

const COOKIE = { path: "/", httpOnly: true, secure: true, sameSite: "Lax" } as const;

/** Sets the session cookie. Returns false when no key to sign sessions is configured. */
export async function keepSession(c: Context<AppEnv>, session: NewSession): Promise<boolean> {
  const token = await signSession(c.env.config, session);
  if (token === null) return false;
  setCookie(c, SESSION_COOKIE, token, { ...COOKIE, expires: new Date(session.expiresAt * 1000) });
  return true;
}

/**
 * Prolongs a used session by the time since its last renewal, up to seven days after the sign-in. That time is measured by the
 * clock of a Worker, and it is added to an instant of the database's clock: so no decision depends on whether a Worker's clock
 * is right. The database still ends the session together with its API key, its login or its user, and when
 * somebody ends it. A session of the cookie `ks_uat` is not renewable: see `sessionOfCookies`.
 */
export async function renewSession(c: Context<AppEnv>): Promise<void> {
  const { userId, tenantId, apiKeyId, loginId, signInSessionId, expiresAt, name, renewable } = c.var.session;
  if (renewable === null || signInSessionId === null) return;
  const elapsed = Math.floor(Date.now() / 1000) - renewable.issuedAt;
  if (elapsed < RENEW_AFTER_SECONDS) return;
  const { beganAt } = renewable;
  const renewedTo = Math.min(expiresAt + Math.min(elapsed, SESSION_SECONDS), beganAt + MAX_SESSION_SECONDS);
  if (renewedTo <= expiresAt) return;
  const session = { userId, tenantId, apiKeyId, loginId, signInSessionId, beganAt, expiresAt: renewedTo };
  await keepSession(c, { ...session, name: name ?? undefined });
}

/** Makes the browser forget the session, also when the request would have renewed it. */
export function forgetSession(c: Context<AppEnv>): void {
  const session = c.get("session");
  if (session) c.set("session", { ...session, renewable: null });
  for (const name of [SESSION_COOKIE, TOKEN_COOKIE])
    if (getCookie(c, name) !== undefined) deleteCookie(c, name, COOKIE);
}
