import { createMiddleware } from "hono/factory";
import { currentTenant, hasPerformed } from "../../db/meter.ts";
import type { AppEnv } from "../env.ts";

/** `NO_RUN` of src/verbs: something that is not a run has changed. */
const NO_RUN = { run_id: null, workflow_definition_id: null, has_ended: false };

/** After a request that changed something without {@link perform}, tells the open pages of the tenant. */
export const announceChange = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const tenantId = currentTenant();
  if (c.res.status >= 400 || tenantId === null || hasPerformed() || !c.env.live.hasHubs) return;
  c.executionCtx.waitUntil(c.env.live.announce([{ tenant_id: tenantId, due_in_ms: null, runs: [NO_RUN], work: [] }]));
});
