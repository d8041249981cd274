import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { hashApiKey } from "../../core/api-key.ts";
import { Problem } from "../../core/errors.ts";
import type { AppEnv } from "../env.ts";

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;

/** What follows `Bearer` in the request's `Authorization`, if that is what it holds. */
export const bearerToken = (c: Context): string | undefined => BEARER.exec(c.req.header("Authorization") ?? "")?.[1];

/**
 * Takes the caller's credential from the request. Whether it is valid is decided inside the statement
 * that uses it, so that authentication costs no round trip of its own.
 */
const authenticate = createMiddleware<AppEnv>(async (c, next) => {
  const key = bearerToken(c);
  if (key === undefined) throw new Problem("unauthenticated");
  c.set("credential", { apiKeyHash: await hashApiKey(key) });
  await next();
});

/** For a route that only a caller with a credential may use: what it does, and what the document says of it. */
export const callerOnly = { middleware: authenticate, security: [{ ApiKey: [] }] };
