/** The session of a browser: a signed token in a cookie. */
import type { Context } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { type NewSession, signSession } from "../http/credentials/session-token.ts";
import type { AppEnv } from "../http/env.ts";
import { SESSION_COOKIE } from "../http/middleware/authenticate.ts";

export const SESSION_SECONDS = 60 * 60;

const COOKIE = { path: "/", httpOnly: true, secure: true, sameSite: "Lax" } as const;

/** Puts a session into the browser's cookie; false when no key to sign it with is configured. */
export async function keepSession(c: Context<AppEnv>, session: NewSession): Promise<boolean> {
  const token = await signSession(c.env.config.sessions, session);
  if (token === null) return false;
  setCookie(c, SESSION_COOKIE, token, { ...COOKIE, expires: new Date(session.expiresAt * 1000) });
  return true;
}

export function forgetSession(c: Context<AppEnv>): void {
  deleteCookie(c, SESSION_COOKIE, COOKIE);
}
