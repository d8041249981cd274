import { z } from "@hono/zod-openapi";
import { createRouter } from "../http/router.ts";
import { openRead } from "../http/routes.ts";
import { instant, json } from "../http/schemas.ts";
import { readDatabaseTime } from "./clock.ts";

const HealthCheckResponseSchema = z
  .strictObject({ status: z.string().default("healthy"), database_ts: instant() })
  .openapi("HealthCheckResponse", { example: { status: "healthy", database_ts: "2026-01-31T12:00:00.000Z" } });

const LivenessResponseSchema = z
  .strictObject({ status: z.literal("alive") })
  .openapi("LivenessResponse", { example: { status: "alive" } });

export const health = createRouter();

const healthCheck = openRead({
  path: "/healthz",
  operationId: "health_check",
  tags: ["Service"],
  summary: "Check the health",
  description:
    "It asks the database for its time, so it is 503 when that cannot be reached. `/readyz` also says whether the sweep keeps up.",
  problems: ["internal_error", "database_unavailable"],
  responses: { 200: json("The service and its database answer", HealthCheckResponseSchema) },
});

health.openapi(healthCheck, async (c) => {
  return c.json({ status: "healthy", database_ts: await readDatabaseTime(c.env.db) }, 200);
});

const livenessCheck = openRead({
  path: "/livez",
  operationId: "liveness_check",
  tags: ["Service"],
  summary: "Check that the Worker answers",
  description: "It does not ask the database, and so does not keep it awake. For monitors that ask often.",
  responses: { 200: json("The Worker answers", LivenessResponseSchema) },
});

health.openapi(livenessCheck, (c) => c.json({ status: "alive" as const }, 200));
