import { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "./env.ts";
import { rejectRequest } from "./validation.ts";

/** A router that answers an invalid request with a 422 that lists every fault. */
export function createRouter(): OpenAPIHono<AppEnv> {
  const router = new OpenAPIHono<AppEnv>({
    defaultHook: (result, c) => (result.success ? undefined : rejectRequest(router, c)),
  });
  return router;
}
