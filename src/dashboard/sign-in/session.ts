/** The session of a browser: a signed token in a cookie. */
import type { Context } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { type NewSession, signSession } from "../../http/credentials/session-token.ts";
import type { AppEnv } from "../../http/env.ts";
import { SESSION_COOKIE } from "../../http/middleware/authenticate.ts";

/** How long a session lasts after it was last used. */
export const SESSION_SECONDS = 12 * 60 * 60;

/** How long a session can last however much it is used. */
const MAX_SESSION_SECONDS = 7 * 24 * 60 * 60;

/** A session is renewed when it is used so long after it was last renewed, and not at each request. */
const RENEW_AFTER_SECONDS = 10 * 60;

const COOKIE = { path: "/", httpOnly: true, secure: true, sameSite: "Lax" } as const;

/** Puts a session into the browser's cookie; false when no key to sign it with is configured. */
export async function keepSession(c: Context<AppEnv>, session: NewSession): Promise<boolean> {
  const token = await signSession(c.env.config.sessions, session);
  if (token === null) return false;
  setCookie(c, SESSION_COOKIE, token, { ...COOKIE, expires: new Date(session.expiresAt * 1000) });
  return true;
}

/**
 * Prolongs a session that was used, by the time since it was last renewed, but not beyond seven days after the sign-in. Both
 * ends of that time are read from the clock of a Worker, which only measures a duration here: the instant that it is added to
 * comes from the database. The database still ends the session with its API key, and with its user.
 */
export async function renewSession(c: Context<AppEnv>): Promise<void> {
  const { userId, tenantId, apiKeyId, expiresAt, name, renewable } = c.var.session;
  if (renewable === null || apiKeyId === null) return;
  const elapsed = Math.floor(Date.now() / 1000) - renewable.issuedAt;
  if (elapsed < RENEW_AFTER_SECONDS) return;
  const { beganAt } = renewable;
  const renewedTo = Math.min(expiresAt + Math.min(elapsed, SESSION_SECONDS), beganAt + MAX_SESSION_SECONDS);
  if (renewedTo <= expiresAt) return;
  await keepSession(c, { userId, tenantId, apiKeyId, beganAt, expiresAt: renewedTo, name: name ?? undefined });
}

export function forgetSession(c: Context<AppEnv>): void {
  deleteCookie(c, SESSION_COOKIE, COOKIE);
}
