import { createMiddleware } from "hono/factory";
import { noteTenant } from "../../db/meter.ts";
import { verifyRunToken } from "../credentials/run-token.ts";
import type { AppEnv } from "../env.ts";
import { Problem } from "../problems.ts";
import { bearerToken } from "./authenticate.ts";

/** Takes the token of one attempt of one run. What it may still do is decided inside the statement that uses it. */
export const authenticateRunner = createMiddleware<AppEnv>(async (c, next) => {
  const token = bearerToken(c);
  const runToken = token === undefined ? null : await verifyRunToken(c.env.config.runTokenKeys, token);
  if (runToken === null) throw new Problem("callback_unauthenticated");
  noteTenant(runToken.tenantId);
  c.set("runToken", runToken);
  await next();
});
