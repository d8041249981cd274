import { every } from "hono/combine";
import { etag, RETAINED_304_HEADERS } from "hono/etag";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";

/** What a caller may see is theirs alone, and may have changed by the next request. */
const revalidate = createMiddleware<AppEnv>(async (c, next) => {
  c.header("Cache-Control", "private, no-cache");
  c.header("Vary", "Authorization, Cookie");
  await next();
});

/** What a 304 says as well: a run may move up in its queue without changing. */
const RETAINED_HEADERS = [...RETAINED_304_HEADERS, "x-queue-position", "x-blocked-by-run"];

/** Conditional GET: an `ETag` of the body, and 304 for an `If-None-Match` that holds it. */
export const conditional = every(etag({ retainedHeaders: RETAINED_HEADERS }), revalidate);

/** What the document says of the `ETag`. */
export const entityTag = {
  ETag: {
    description: "Names this state of the answer. Send it as `If-None-Match`.",
    required: true,
    schema: { type: "string" as const },
  },
};

/** What the document says of the 304. */
export const NOT_MODIFIED = "Nothing has changed since the `ETag` in `If-None-Match`";
