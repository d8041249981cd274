import { z } from "@hono/zod-openapi";
import { createRouter } from "../http/router.ts";
import { callerRead } from "../http/routes.ts";
import { findPresence, isConnected } from "../runs/leases/presence.ts";
import { perform } from "../verbs/perform.ts";
import { countMetrics } from "./metric-verbs.ts";
import { CONTENT_TYPE, formatMetrics } from "./metrics.ts";

export const metrics = createRouter();

const readMetrics = callerRead({
  scope: "metrics",
  path: "/v1/metrics",
  operationId: "read_metrics",
  tags: ["Service"],
  summary: "Read metrics for Prometheus",
  description:
    "For OWNERs and ADMINs, in Prometheus' text format: runs by state, the queue's age, how long runs take and wait, how late " +
    "deadlines were recorded, failed dispatches, connected runners, suspended runs and how long they wait for what. For each of the 50 workflows with the most runs, and for all others together: " +
    "its runs, failures, waiting runs, and how long its attempts take. Of the deployment: refused sign-ins, and requests to the database. The " +
    "counters begin with 0 at the first request.",
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

metrics.openapi(readMetrics, async (c) => {
  const { tenantId, result } = await perform(c.var.services, countMetrics, undefined);
  const { gauges, sessions, now } = result;
  const [runners, live] = await Promise.all([
    tenantId === null ? [] : findPresence(c.env.live, tenantId, sessions, now),
    c.env.live.readStatus(),
  ]);
  const text = formatMetrics({
    ...result,
    refusedSignIns: live?.refusedSignIns ?? {},
    databaseUse: live?.databaseUse ?? { requests: 0, refused: 0 },
    gauges: { ...gauges, runners_connected: runners.filter(isConnected).length },
  });
  return c.text(text, 200, { "Content-Type": CONTENT_TYPE });
});
