import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { log } from "../../base/log.ts";
import { metered } from "../../db/meter.ts";
import type { AppEnv } from "../env.ts";

/**
 * Logs one line for each request. It has the route instead of the URL, so that no value sent by the caller is logged. The
 * caller gets the same times in the header `Server-Timing`, and when the request began, in milliseconds since 1970.
 */
export const logRequests = createMiddleware<AppEnv>((c, next) =>
  metered(async (meter) => {
    const began = Date.now();
    await next();
    const ms = Date.now() - began;
    const { databaseMs, databaseRequests, databaseRefused, tenantId } = meter;
    // Set directly, since `c.header` would copy the whole answer.
    const times = `db;dur=${databaseMs};desc="${databaseRequests} requests", total;dur=${ms}, began;desc="${began}"`;
    c.res.headers.set("Server-Timing", times);
    log("info", "request", {
      method: c.req.method,
      // Several routes may match. This is the route of the handler that ran last.
      route: routePath(c),
      status: c.res.status,
      ms,
      database_ms: databaseMs,
      database_requests: databaseRequests,
      ...(databaseRefused > 0 && { database_refused: databaseRefused }),
      request_id: c.get("requestId"),
      tenant_id: tenantId,
    });
    const telling = c.env.live.tellDatabaseUse();
    if (telling) c.executionCtx.waitUntil(telling);
  }),
);
