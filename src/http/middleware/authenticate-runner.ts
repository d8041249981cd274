import { createMiddleware } from "hono/factory";
import { noteTenant } from "../../db/meter.ts";
import { verifyRunToken } from "../credentials/run-token.ts";
import type { AppEnv } from "../env.ts";
import { Problem } from "../problems.ts";
import { bearerToken } from "./authenticate.ts";

/** Verifies the run token of the request. The statement that uses it decides whether the attempt may still report a result. */
export const authenticateRunner = createMiddleware<AppEnv>(async (c, next) => {
  const token = bearerToken(c);
  const runToken = token === undefined ? null : await verifyRunToken(c.env.config.runTokenKeys, token);
  if (runToken === null) throw new Problem("callback_unauthenticated");
  noteTenant(runToken.tenantId);
  c.set("runToken", runToken);
  await next();
});
