import { z } from "@hono/zod-openapi";
import type { LiveStatus } from "../http/live/live.ts";
import { Problem } from "../http/problems.ts";
import { createRouter } from "../http/router.ts";
import { openRead } from "../http/routes.ts";
import { instant } from "../http/schemas.ts";
import { LATE_SECONDS, type Readiness, readDatabaseTime, readReadiness } from "./sweep-state.ts";

const HealthCheckResponseSchema = z
  .strictObject({ status: z.string().default("healthy"), database_ts: instant() })
  .openapi("HealthCheckResponse", { example: { status: "healthy", database_ts: "2026-01-31T12:00:00.000Z" } });

const ReadinessResponseSchema = z
  .strictObject({
    status: z.literal("ready"),
    database_ts: instant(),
    seconds_since_sweep: z.number().openapi({
      description: "Since a sweep last ended, or the cron last found that there was nothing to sweep.",
    }),
    seconds_since_full_sweep: z.number().openapi({
      description: "Since a sweep last ended. Up to an hour while nothing happens.",
    }),
    last_alarm: z.strictObject({ seconds_ago: z.number(), late_ms: z.number() }).nullable().openapi({
      description:
        "The last alarm, which enforces deadlines to the second, and how late it was. Null when there was none.",
    }),
  })
  .openapi("ReadinessResponse", {
    example: {
      status: "ready",
      database_ts: "2026-01-31T12:00:00.000Z",
      seconds_since_sweep: 21.4,
      seconds_since_full_sweep: 1821.4,
      last_alarm: { seconds_ago: 94.1, late_ms: 12 },
    },
  });

const LivenessResponseSchema = z
  .strictObject({ status: z.literal("alive") })
  .openapi("LivenessResponse", { example: { status: "alive" } });

export const health = createRouter();

const healthCheck = openRead({
  path: "/healthz",
  operationId: "health_check",
  tags: ["Service"],
  summary: "Is the service alive?",
  problems: ["internal_error", "database_unavailable"],
  responses: {
    200: {
      description: "The service and its database answer",
      content: { "application/json": { schema: HealthCheckResponseSchema } },
    },
  },
});

health.openapi(healthCheck, async (c) => {
  return c.json({ status: "healthy", database_ts: await readDatabaseTime(c.env.db) }, 200);
});

const livenessCheck = openRead({
  path: "/livez",
  operationId: "liveness_check",
  tags: ["Service"],
  summary: "Does the Worker answer?",
  description: "It does not ask the database, and so does not keep it awake. For monitors that ask often.",
  responses: {
    200: { description: "The Worker answers", content: { "application/json": { schema: LivenessResponseSchema } } },
  },
});

health.openapi(livenessCheck, (c) => c.json({ status: "alive" as const }, 200));

const readinessCheck = openRead({
  path: "/readyz",
  operationId: "readiness_check",
  tags: ["Service"],
  summary: "Does the service keep up with its work?",
  description:
    "503 with the reasons when the database does not answer, when the sweep is paused or none has ended for 3 minutes, or " +
    "when runs have been overdue, or due to be dispatched, for longer than that.",
  problems: ["internal_error", "database_unavailable", "not_ready"],
  responses: {
    200: { description: "Ready", content: { "application/json": { schema: ReadinessResponseSchema } } },
  },
});

health.openapi(readinessCheck, async (c) => {
  const [readiness, live] = await Promise.all([readReadiness(c.env.db), c.env.live.readStatus()]);
  const { database_at, since_sweep: sinceFullSweep } = readiness;
  const sinceSweep = sinceSweepOrSkip(sinceFullSweep, live);
  const reasons = reasonsAgainst({ ...readiness, since_sweep: sinceSweep });
  if (sinceSweep === null || sinceFullSweep === null || reasons.length > 0) {
    throw new Problem("not_ready", reasons.join(" "));
  }
  const lastAlarm = live?.lastAlarm ?? null;
  return c.json(
    {
      status: "ready" as const,
      database_ts: database_at,
      seconds_since_sweep: sinceSweep,
      seconds_since_full_sweep: sinceFullSweep,
      last_alarm: lastAlarm && { seconds_ago: lastAlarm.since, late_ms: lastAlarm.lateMs },
    },
    200,
  );
});

/** Seconds since the cron last did its work. A cron that found nothing to do counts as well. */
export const sinceSweepOrSkip = (sinceSweep: number | null, live: LiveStatus | null): number | null =>
  sinceSweep === null ? null : Math.min(sinceSweep, live?.sinceSkipped ?? sinceSweep);

/** The reasons why the service is not ready, as sentences. docs/operations.md explains what to do about each. */
function reasonsAgainst({ since_sweep, since_pause, overdue, due }: Readiness): string[] {
  const reasons: string[] = [];
  const isLate = (seconds: number | null) => seconds !== null && seconds > LATE_SECONDS;
  if (since_pause !== null) {
    reasons.push(`The sweep has been paused for ${inSeconds(since_pause)}. \`npm run resume-sweep\` ends that.`);
  } else if (since_sweep === null) {
    reasons.push(
      "No sweep has ended yet. A new cron trigger takes up to 15 minutes; is that of wrangler.toml deployed?",
    );
  } else if (isLate(since_sweep)) {
    reasons.push(`The last sweep ended ${inSeconds(since_sweep)} ago. Look at the cron trigger's logs.`);
  }
  if (isLate(overdue)) {
    reasons.push(`Runs have been overdue for up to ${inSeconds(overdue)}. See \`overdue_left\` in the sweep's log.`);
  }
  if (isLate(due)) {
    reasons.push(
      `Runs have been due to be dispatched for up to ${inSeconds(due)}. See \`due_left\` in the sweep's log.`,
    );
  }
  return reasons;
}

const inSeconds = (seconds: number | null) => `${Math.round(seconds ?? 0)} seconds`;
