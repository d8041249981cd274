import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";

/**
 * For a route whose body may be left out: a request without one is taken as one with `{}`, also when it says
 * that JSON follows, as many clients do.
 */
export const emptyBodyIsObject = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.header("Content-Type") !== undefined && (await c.req.text()) === "") {
    const headers = new Headers(c.req.raw.headers);
    headers.delete("Content-Type");
    c.req.raw = new Request(c.req.url, { method: c.req.method, headers });
  }
  await next();
});
