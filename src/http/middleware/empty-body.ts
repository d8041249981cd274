import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";

/**
 * For a route with an optional body: handles an empty body like a missing one. Many clients send `Content-Type:
 * application/json` without a body, which the JSON validator would refuse.
 */
export const emptyBodyIsObject = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.header("Content-Type") !== undefined && (await c.req.text()) === "") {
    const headers = new Headers(c.req.raw.headers);
    headers.delete("Content-Type");
    c.req.raw = new Request(c.req.url, { method: c.req.method, headers });
  }
  await next();
});
