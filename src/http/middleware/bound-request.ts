import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";
import { isDeeperThan } from "../json-depth.ts";
import { Problem, ValidationFailed } from "../problems.ts";

const MAX_HEADERS = 100;

/** No body of ours needs more than four levels. */
const MAX_JSON_DEPTH = 32;

/** Refuses a request with more header fields than anybody needs, or with JSON that is nested deeper. */
export const boundRequest = createMiddleware<AppEnv>(async (c, next) => {
  if ([...c.req.raw.headers.keys()].length > MAX_HEADERS) throw new Problem("headers_too_large");
  const isJson = c.req.header("Content-Type")?.toLowerCase().includes("json") === true;
  if (isJson && isDeeperThan(MAX_JSON_DEPTH, await c.req.text())) {
    const msg = `Must not be nested more than ${MAX_JSON_DEPTH} levels deep.`;
    throw new ValidationFailed([{ loc: ["body"], type: "value_error", msg }]);
  }
  await next();
});
