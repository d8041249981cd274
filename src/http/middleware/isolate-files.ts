import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";

/**
 * The policy for content that the service has not made. It may load nothing. If a browser shows it all the same, it has an origin of its
 * own, and none of its scripts run.
 */
const SANDBOX = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** Sends {@link SANDBOX} with the answers that their handlers mark as `isForeign`, in place of the policy of pages. */
export const isolateFiles = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  if (c.get("isForeign")) c.res.headers.set("Content-Security-Policy", SANDBOX);
});
