import type { Context, MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { AppEnv } from "../env.ts";

const share = cors({
  origin: (origin, c: Context<AppEnv>) => (c.env.config.corsOrigins.includes(origin) ? origin : null),
  allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: [
    ...["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-Id"],
    // For waits, streams that go on, parts of files, and traces.
    ...["Prefer", "Last-Event-ID", "Range", "If-Range", "traceparent"],
    // Those of the Model Context Protocol.
    ...["Mcp-Method", "Mcp-Name", "Mcp-Protocol-Version"],
  ],
  exposeHeaders: [
    "Content-Range",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "Preference-Applied",
    "Retry-After",
    "X-Blocked-By-Run",
    "X-Log-After",
    "X-Queue-Position",
    "X-Request-Id",
  ],
  maxAge: 600,
});

/**
 * Allows pages of the origins in CORS_ORIGINS to call the service (CORS). They have to send a bearer token, since the session
 * cookie is only accepted from the service's own pages.
 */
export const shareWithOrigins: MiddlewareHandler<AppEnv> = (c, next) =>
  c.env.config.corsOrigins.length > 0 ? share(c, next) : next();
