import { z } from "zod";
import { Problem } from "../http/problems.ts";
import { runnerSessionSchema } from "../runs/leases/presence.ts";
import { defineVerb } from "../verbs/verb.ts";

const gauge = z.number().nullable();

/**
 * Counts what has happened in the caller's tenant since the last call, and answers its metrics: `count_metrics` in SQL. Each event is
 * counted once, so it can be repeated.
 * Refused with Problem `forbidden`.
 */
export const countMetrics = defineVerb({
  name: "count_metrics",
  args: () => ({}),
  result: z.object({
    gauges: z.object({
      pending: gauge,
      running: gauge,
      overdue: gauge,
      oldest_pending_seconds: gauge,
      dispatches_waiting: gauge,
      runs_leased: gauge,
      artifact_bytes: gauge.default(null),
      suspended: gauge.default(null),
    }),
    workflows: z.object({
      shown: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          runs: z.number(),
          failures: z.number(),
          seconds: z.number(),
          buckets: z.array(z.number()),
          waiting: z.number(),
          oldest_waiting_seconds: z.number(),
        }),
      ),
      others_waiting: z.number(),
      others_oldest_waiting_seconds: z.number(),
    }),
    counters: z.array(z.object({ name: z.string(), label: z.string(), value: z.number() })),
    bounds: z.array(z.number()),
    is_behind: z.boolean(),
    sessions: z.array(runnerSessionSchema),
    now: z.string(),
  }),
  refusals: z.object({ refused: z.literal("forbidden") }),
  refuse: () => new Problem("forbidden"),
  isRepeatable: true,
});
