import { createMiddleware } from "hono/factory";
import { noteTenant } from "../db/meter.ts";
import type { AppEnv } from "../http/env.ts";
import { bearerToken } from "../http/middleware/authenticate.ts";
import { Problem } from "../http/problems.ts";
import { type RunToken, verifyRunToken } from "./token.ts";

/** Takes the token of one attempt of one run; what it may still do, the database knows. */
const verifyToken = createMiddleware<AppEnv & { Variables: { runToken: RunToken } }>(async (c, next) => {
  const token = bearerToken(c);
  const runToken = token === undefined ? null : await verifyRunToken(c.env.config.runTokenKeys, token);
  if (runToken === null) throw new Problem("callback_unauthenticated");
  noteTenant(runToken.tenantId);
  c.set("runToken", runToken);
  await next();
});

/** For a route that only the runner of a run may use: what it does, and what the document says of it. */
export const runnerOnly = { middleware: verifyToken, security: [{ RunToken: [] }] };
