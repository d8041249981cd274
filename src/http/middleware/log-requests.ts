import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { log } from "../../log.ts";
import type { AppEnv } from "../env.ts";

/** Logs one line for each request: the route rather than the URL, so that no value of a caller's comes in. */
export const logRequests = createMiddleware<AppEnv>(async (c, next) => {
  const began = Date.now();
  await next();
  log("info", "request", {
    method: c.req.method,
    route: routePath(c, -1),
    status: c.res.status,
    ms: Date.now() - began,
    request_id: c.var.requestId,
  });
});
