import { createMiddleware } from "hono/factory";
import { changeOfOthers } from "../../db/changes.ts";
import { currentTenant } from "../../db/meter.ts";
import type { AppEnv } from "../env.ts";

/**
 * After a request that changed something, tells the open pages of the tenant. A verb that changes runs has already announced
 * that itself.
 */
export const announceChange = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const tenantId = currentTenant();
  if (c.res.status >= 400 || tenantId === null || c.get("isAnnounced") || !c.env.live.hasHubs) return;
  c.executionCtx.waitUntil(c.env.live.announce([changeOfOthers(tenantId)]));
});
