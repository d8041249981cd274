import type { Context } from "hono";
import type { Uses } from "../../db/access.ts";
import type { AppEnv } from "../env.ts";
import { knowLargeTenants } from "./limit-class.ts";
import { provideServices } from "./provide-services.ts";

export type Use = { [Kind in keyof Uses]: { kind: Kind; id: string } }[keyof Uses];

/** The least time until an isolate tells the database again. */
const PAUSE_MS = 60 * 60_000;

/** The same after a rate limit has refused a request. */
const REFUSED_PAUSE_MS = 5 * 60_000;

/** How many credentials of a kind an isolate remembers until it tells them. */
const MAX_REMEMBERED = 1_000;

const nothing = () => ({
  keyHashes: new Set<string>(),
  runnerSessionIds: new Set<string>(),
  signInSessionIds: new Set<string>(),
});

/** When this isolate has last told the database which credentials were used, in its own monotonic time, and which it has seen since then. */
export const telling = { at: Number.NEGATIVE_INFINITY, seen: nothing() };

/**
 * Remembers that a credential was used by a request that was answered without an error. At most once an hour, after an answer, the
 * isolate tells the database what it has seen. So pages can show when a key was last used, and no request writes that.
 */
export function noteUse(c: Context<AppEnv>, { kind, id }: Use): void {
  if (c.error !== undefined || c.res.status >= 400) return;
  const seen = telling.seen[kind];
  if (seen.size < MAX_REMEMBERED) seen.add(id);
  tell(c, PAUSE_MS);
}

/** Called when a rate limit refuses a request, since the answer of the database also says which tenants have large limits. */
export const askForClasses = (c: Context<AppEnv>): void => tell(c, REFUSED_PAUSE_MS);

function tell(c: Context<AppEnv>, pauseMs: number): void {
  const now = performance.now();
  if (now - telling.at < pauseMs) return;
  const uses = telling.seen;
  Object.assign(telling, { at: now, seen: nothing() });
  if (c.var.services === undefined) provideServices(c, {});
  c.executionCtx.waitUntil(c.env.tellUses(c.var.services, uses).then((ids) => ids && knowLargeTenants(ids)));
}
