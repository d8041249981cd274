import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { metered } from "../../db/meter.ts";
import { log } from "../../log.ts";
import type { AppEnv } from "../env.ts";

/**
 * Logs one line for each request: the route rather than the URL, so that no value of a caller's comes in. The
 * caller reads the same times in `Server-Timing`.
 */
export const logRequests = createMiddleware<AppEnv>((c, next) =>
  metered(async (meter) => {
    const began = Date.now();
    await next();
    const ms = Date.now() - began;
    const { databaseMs, databaseRequests, tenantId } = meter;
    // Not by `c.header`, which copies an answer that is complete.
    c.res.headers.set("Server-Timing", `db;dur=${databaseMs};desc="${databaseRequests} requests", total;dur=${ms}`);
    log("info", "request", {
      method: c.req.method,
      // Of the handler that came last: more than one route may match.
      route: routePath(c),
      status: c.res.status,
      ms,
      database_ms: databaseMs,
      database_requests: databaseRequests,
      request_id: c.get("requestId"),
      tenant_id: tenantId,
    });
  }),
);
