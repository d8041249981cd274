import { createMiddleware } from "hono/factory";
import { currentTenant, hasPerformed } from "../../db/meter.ts";
import { NO_RUN } from "../../verbs/effects.ts";
import type { AppEnv } from "../env.ts";

/** After a request that changed something without {@link perform}, tells the open pages of the tenant. */
export const announceChange = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const tenantId = currentTenant();
  if (c.res.status >= 400 || tenantId === null || hasPerformed() || !c.env.live.hasHubs) return;
  c.executionCtx.waitUntil(c.env.live.announce([{ tenant_id: tenantId, due_in_ms: null, runs: [NO_RUN], work: [] }]));
});
