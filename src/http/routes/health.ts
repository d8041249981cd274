import { createRoute, z } from "@hono/zod-openapi";
import { Problem } from "../../core/errors.ts";
import { readHealth } from "../../store/sweep-state.ts";
import { problemResponses } from "../errors.ts";
import { createRouter } from "../router.ts";
import { instant } from "../schemas.ts";

/** The cron fires every minute: after three without a sweep, overdue runs pile up. */
const SWEEP_STALE_SECONDS = 180;

const HealthCheckResponseSchema = z
  .strictObject({ status: z.string().default("healthy"), database_ts: instant() })
  .openapi("HealthCheckResponse", { example: { status: "healthy", database_ts: "2026-01-31T12:00:00.000Z" } });

const ReadinessResponseSchema = z
  .strictObject({
    status: z.literal("ready"),
    database_ts: instant(),
    seconds_since_sweep: z.number().openapi({ description: "Since a sweep last ended." }),
  })
  .openapi("ReadinessResponse", {
    example: { status: "ready", database_ts: "2026-01-31T12:00:00.000Z", seconds_since_sweep: 21.4 },
  });

export const health = createRouter();

const healthCheck = createRoute({
  method: "get",
  path: "/healthz",
  operationId: "health_check",
  tags: ["Service"],
  summary: "Is the service alive?",
  security: [],
  responses: {
    200: {
      description: "The service and its database answer",
      content: { "application/json": { schema: HealthCheckResponseSchema } },
    },
    ...problemResponses("internal_error", "database_unavailable"),
  },
});

health.openapi(healthCheck, async (c) => {
  const { databaseAt } = await readHealth(c.env.db);
  return c.json({ status: "healthy", database_ts: databaseAt }, 200);
});

const readinessCheck = createRoute({
  method: "get",
  path: "/readyz",
  operationId: "readiness_check",
  tags: ["Service"],
  summary: "Does the service keep its promises?",
  description: "503 with the reason when the database does not answer, or when no sweep has ended for 3 minutes.",
  security: [],
  responses: {
    200: { description: "Ready", content: { "application/json": { schema: ReadinessResponseSchema } } },
    ...problemResponses("internal_error", "database_unavailable", "not_ready"),
  },
});

health.openapi(readinessCheck, async (c) => {
  const { databaseAt, secondsSinceSweep } = await readHealth(c.env.db);
  if (secondsSinceSweep === null) {
    throw new Problem("not_ready", "No sweep has ended yet. Is the cron trigger of wrangler.toml deployed?");
  }
  if (secondsSinceSweep > SWEEP_STALE_SECONDS) {
    const seconds = Math.round(secondsSinceSweep);
    throw new Problem("not_ready", `The last sweep ended ${seconds} seconds ago. Look at the cron trigger's logs.`);
  }
  return c.json({ status: "ready" as const, database_ts: databaseAt, seconds_since_sweep: secondsSinceSweep }, 200);
});
