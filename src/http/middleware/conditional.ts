import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";

/**
 * Conditional GET (RFC 9110, 13.1.2). A 200 gets an `ETag`: the one that the handler has set, otherwise a hash of the body. If
 * `If-None-Match` lists that tag, the answer becomes a 304, which keeps all headers except those of the body.
 */
export const conditional = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  // The answer depends on the caller and may change at any time, so only the client may store it, and it has to revalidate it
  // before each use.
  c.res.headers.set("Cache-Control", "private, no-cache");
  c.res.headers.append("Vary", "Authorization, Cookie");
  if (c.res.status !== 200) return;
  const tag = c.res.headers.get("ETag") ?? (await tagBody(c));
  // Hono copies the headers of the 200 to the 304, except `Content-Type`.
  if (listsTag(c.req.header("If-None-Match"), tag)) c.res = new Response(null, { status: 304 });
});

/** Tags the answer with the SHA-256 of its body. */
async function tagBody(c: Context<AppEnv>): Promise<string> {
  const { res } = c;
  const body = await res.arrayBuffer();
  const tag = `"${new Uint8Array(await crypto.subtle.digest("SHA-256", body)).toHex()}"`;
  c.res = undefined;
  c.res = new Response(body, res);
  c.res.headers.set("ETag", tag);
  return tag;
}

/** True when an `If-None-Match` lists a tag. Tags are compared weakly: `W/"a"` is the same as `"a"`. */
export const listsTag = (ifNoneMatch: string | undefined, tag: string): boolean =>
  ifNoneMatch !== undefined && (ifNoneMatch === "*" || ifNoneMatch.match(/"[^"]*"/g)?.includes(tag) === true);

/**
 * The tags that an `If-Match` lists, without quotes. Null without the header, and for `*`, which matches whatever is there. `W/` is
 * ignored, since a proxy that compresses an answer makes its tag weak.
 */
export const tagsToMatch = (ifMatch: string | undefined): string[] | null =>
  ifMatch === undefined || ifMatch.trim() === "*"
    ? null
    : Array.from(ifMatch.matchAll(/"([^"]*)"/g), ([, tag = ""]) => tag);

/** The header `If-Match` of a change. */
export const IF_MATCH = z
  .string()
  .optional()
  .openapi({
    description:
      "The `ETag` of what is to be replaced, as you have read it. When it has changed since, the answer is 412, and nothing is changed; but " +
      "200 when it is already as this request would make it, so a request whose answer was lost can be sent again.",
  });

/** The header `ETag` of what `If-Match` protects, in the OpenAPI document. */
export const tagToMatch = {
  ETag: {
    description: "Identifies this version. Send it as `If-None-Match`, or with a change as `If-Match`.",
    required: true,
    schema: { type: "string" as const },
  },
};

/** The header `ETag` in the OpenAPI document. */
export const entityTag = {
  ETag: {
    description: "Identifies this version of the answer. Send it as `If-None-Match`.",
    required: true,
    schema: { type: "string" as const },
  },
};

/** The description of a 304 in the OpenAPI document. */
export const NOT_MODIFIED = "Nothing has changed since the `ETag` in `If-None-Match`";
