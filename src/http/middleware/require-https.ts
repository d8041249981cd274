import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";
import { Problem } from "../problems.ts";

const PAGES = /^\/(app|docs)(\/|$)/;

/**
 * When PUBLIC_URL is https, answers nothing over plain http: page requests are redirected, and API requests are answered 403.
 * The API does not redirect: a client that follows redirects would keep sending its credential unencrypted, and nobody would
 * notice.
 */
export const requireHttps = createMiddleware<AppEnv>(async (c, next) => {
  if (!c.env.config.publicUrl.startsWith("https:") || !c.req.url.startsWith("http:")) return next();
  if (!PAGES.test(c.req.path)) {
    throw new Problem("forbidden", "Use https. What was sent over http may have been read: revoke its credential.");
  }
  const url = new URL(c.req.url);
  url.protocol = "https:";
  url.port = "";
  return c.redirect(url.href, 308);
});
