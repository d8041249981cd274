import { z } from "@hono/zod-openapi";
import { callFunction, credentialArgument } from "../db/call.ts";
import { Problem } from "../http/problems.ts";
import { createRouter } from "../http/router.ts";
import { callerRead } from "../http/routes.ts";
import { findPresence, isConnected, runnerSessionSchema } from "../runs/leases/presence.ts";
import { CONTENT_TYPE, formatMetrics } from "./metrics.ts";

export const metrics = createRouter();

const readMetrics = callerRead({
  path: "/v1/metrics",
  operationId: "read_metrics",
  tags: ["Service"],
  summary: "A tenant's metrics, for Prometheus",
  description:
    "For OWNERs and ADMINs, in Prometheus' text format: runs by state, the queue's age, how long runs take and wait, how late " +
    "deadlines were recorded, failed dispatches, and connected runners. The counters begin with 0 at the first request.",
  problems: ["forbidden"],
  responses: {
    200: {
      description: "The metrics",
      content: {
        "text/plain": {
          schema: z.string().openapi("Metrics", {
            example: "# HELP workflow_runs_overdue …\n# TYPE workflow_runs_overdue gauge\nworkflow_runs_overdue 0\n",
          }),
        },
      },
    },
  },
});

const gauge = z.number().nullable();

const answerSchema = z.union([
  z.object({ refused: z.literal("forbidden") }),
  z.object({
    refused: z.undefined().optional(),
    gauges: z.object({
      pending: gauge,
      running: gauge,
      overdue: gauge,
      oldest_pending_seconds: gauge,
      dispatches_waiting: gauge,
      runs_leased: gauge,
    }),
    counters: z.array(z.object({ name: z.string(), label: z.string(), value: z.number() })),
    bounds: z.array(z.number()),
    is_behind: z.boolean(),
    tenant_id: z.string(),
    sessions: z.array(runnerSessionSchema),
    now: z.string(),
  }),
]);

metrics.openapi(readMetrics, async (c) => {
  const args = { credential: credentialArgument(c.var.credential) };
  const answer = await callFunction(c.env.db, "read_metrics", args, answerSchema, { isRepeatable: true });
  if (answer.refused !== undefined) throw new Problem("forbidden");
  const { gauges, tenant_id: tenantId, sessions, now } = answer;
  const runners = await findPresence(c.env.live, tenantId, sessions, now);
  const text = formatMetrics({
    ...answer,
    gauges: { ...gauges, runners_connected: runners.filter(isConnected).length },
  });
  return c.text(text, 200, { "Content-Type": CONTENT_TYPE });
});
