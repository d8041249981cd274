/** The route of what a tenant uses of its caps. */
import { z } from "@hono/zod-openapi";
import { CAPS } from "../db/enums.ts";
import { createRouter } from "../http/router.ts";
import { callerRead } from "../http/routes.ts";
import { json, uuid } from "../http/schemas.ts";
import { findTenantUse } from "./tenants.ts";

const exampleUse = {
  limits: "default",
  caps: [
    { cap: "definitions", used: 12, limit: 10_000 },
    { cap: "path_parts", used: 340, limit: 100_000 },
    { cap: "waiting_runs", used: 7, limit: 100_000 },
    { cap: "artifact_bytes", used: 52_428_800, limit: 100_000_000_000 },
    { cap: "sign_in_sessions", used: 3, limit: 50 },
  ],
};

const TenantUseSchema = z
  .strictObject({
    limits: z.string().openapi({ description: "The class of the tenant's limits: `default` or `large`." }),
    caps: z.array(
      z.strictObject({
        cap: z.string().openapi({
          description:
            `One of: ${CAPS.join(", ")}. There will be more. \`sign_in_sessions\` are those of one user, and \`used\` are those of the user ` +
            "who has most: when there is no room for a new one, the oldest ends. For the others, a request that would add more is 409 " +
            "(`cap_reached`).",
        }),
        used: z.int(),
        limit: z.int(),
      }),
    ),
  })
  .openapi("TenantUse", { example: exampleUse });

export const tenantUse = createRouter();

const findRoute = callerRead({
  path: "/v1/tenants/{tenant_id}/use",
  operationId: "get_tenant_use",
  tags: ["Users"],
  summary: "Get the tenant's use and limits",
  description:
    "How much the tenant has, and how much it may have. " +
    "For OWNER and ADMIN. The operator of the service can raise a cap. Caps are approximate: what is added at the same moment may " +
    "exceed one, and what was deleted may count for some seconds more. A run that is retried or given back is never refused by one.",
  request: { params: z.object({ tenant_id: uuid().openapi({ example: "01920000-0000-7000-8000-000000000001" }) }) },
  problems: ["forbidden", "not_found"],
  responses: { 200: json("The caps of the tenant", TenantUseSchema) },
});

tenantUse.openapi(findRoute, async (c) => {
  const { limits, caps } = await findTenantUse(c.env.db, c.var.credential, c.req.valid("param").tenant_id);
  return c.json({ limits, caps }, 200);
});
