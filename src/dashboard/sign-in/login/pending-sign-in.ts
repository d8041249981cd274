/**
 * What a browser keeps while its user is at the login service, and while they are asked which tenant they join: in a cookie for each
 * sign-in, encrypted, for ten minutes. The name of the cookie has the `state` of the sign-in, so sign-ins in several tabs do not disturb
 * each other.
 */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { z } from "zod";
import type { AppEnv } from "../../../http/env.ts";
import type { LoginService } from "../../../login-service.ts";
import { seal, unseal } from "../../../webhooks/secret-box.ts";

/** How long a person has to sign in at the login service. */
const MAX_SECONDS = 600;

/** How many unfinished sign-ins a browser keeps. More would only make its requests larger. */
const MAX_PENDING = 5;

/** `__Host-`: a browser accepts the cookie from this host only, so no other host of the domain can set it. */
const PREFIX = "__Host-sign-in-";
const COOKIE = { path: "/", httpOnly: true, secure: true, sameSite: "Lax" } as const;

const pendingSchema = z.object({
  nonce: z.string(),
  verifier: z.string(),
  /** Our page that is opened afterwards. */
  next: z.string(),
  /** The invite that is accepted by the sign-in, if its link began it. */
  invite: z.object({ id: z.string(), secret: z.string() }).nullable(),
  /** The account that the person has proved, while they are asked which tenant they join. Null while they are at the login service. */
  account: z
    .object({
      issuer: z.string(),
      subject: z.string(),
      email: z.string().nullable(),
      expiresAt: z.number(),
      notBefore: z.number(),
    })
    .nullable(),
  /** When the sign-in began, in milliseconds of a Worker's clock. */
  beganAt: z.number(),
});

export type PendingSignIn = Omit<z.infer<typeof pendingSchema>, "beganAt">;

const purposeOf = ({ issuer, clientId }: LoginService, state: string) => `sign-in ${state} ${clientId} ${issuer.href}`;

/** Keeps a sign-in in the browser. */
export async function keepPending(
  c: Context<AppEnv>,
  login: LoginService,
  state: string,
  pending: PendingSignIn,
): Promise<void> {
  const others = Object.keys(getCookie(c)).filter((name) => name.startsWith(PREFIX));
  if (others.length >= MAX_PENDING) for (const name of others) deleteCookie(c, name, COOKIE);
  const text = JSON.stringify({ ...pending, beganAt: Date.now() });
  const sealed = await seal(c.env.config.encryptionKeys, purposeOf(login, state), text);
  setCookie(c, PREFIX + state, sealed, { ...COOKIE, maxAge: MAX_SECONDS });
}

/**
 * Takes the sign-in with this state from the browser, which then forgets it. Null when it began in another browser, at another login
 * service or too long ago, and when it was taken before.
 */
export async function takePending(
  c: Context<AppEnv>,
  login: LoginService,
  state: string,
): Promise<PendingSignIn | null> {
  const name = PREFIX + state;
  const sealed = /^[\w-]{1,100}$/.test(state) ? getCookie(c, name) : undefined;
  if (sealed === undefined) return null;
  deleteCookie(c, name, COOKIE);
  try {
    const text = await unseal(c.env.config.encryptionKeys, purposeOf(login, state), sealed);
    const { beganAt, ...pending } = pendingSchema.parse(JSON.parse(text));
    const elapsedMs = Math.abs(Date.now() - beganAt);
    return elapsedMs <= MAX_SECONDS * 1000 ? pending : null;
  } catch {
    return null;
  }
}
