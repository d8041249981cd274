import { createMiddleware } from "hono/factory";
import { changeOfOthers } from "../../db/changes.ts";
import { currentTenant } from "../../db/meter.ts";
import type { AppEnv } from "../env.ts";

/**
 * Tells the open pages of a tenant that something has changed, after a request of a caller has changed it. What changed a run has
 * told so itself.
 */
export const announceChange = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const tenantId = currentTenant();
  if (c.res.status >= 400 || tenantId === null || c.get("isAnnounced") || !c.env.live.hasHubs) return;
  c.executionCtx.waitUntil(c.env.live.announce([changeOfOthers(tenantId)]));
});
