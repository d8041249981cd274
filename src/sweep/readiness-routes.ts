import { z } from "@hono/zod-openapi";
import { Problem } from "../http/problems.ts";
import { createRouter } from "../http/router.ts";
import { openRead } from "../http/routes.ts";
import { instant, json } from "../http/schemas.ts";
import { nameSetAside, WHOLE_STEP, wordsOf } from "../verbs/sweep-steps.ts";
import { LATE_SECONDS, type Readiness, readReadiness, sinceSweepOrSkip } from "./sweep-state.ts";

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
    set_aside: z
      .array(
        z.strictObject({
          step: z.string(),
          does: z.string().openapi({ description: "What the step does." }),
          failing: z.int().openapi({ description: "How many rows." }),
          seconds_since_first: z.number().openapi({ description: "Since the first of them failed." }),
        }),
      )
      .openapi({
        description:
          "The steps of the sweep in which rows have failed. It goes on without them and tries them again after a minute to an hour. " +
          "Its log says which rows these are, and why they fail.",
      }),
    hub_location: z.string().nullable().openapi({
      description: "Where the Durable Objects are created: `HUB_LOCATION`. Null when it is not set.",
    }),
  })
  .openapi("ReadinessResponse", {
    example: {
      status: "ready",
      database_ts: "2026-01-31T12:00:00.000Z",
      seconds_since_sweep: 21.4,
      seconds_since_full_sweep: 1821.4,
      last_alarm: { seconds_ago: 94.1, late_ms: 12 },
      set_aside: [],
      hub_location: "weur",
    },
  });

export const readiness = createRouter();

const readinessCheck = openRead({
  path: "/readyz",
  operationId: "readiness_check",
  tags: ["Service"],
  summary: "Check the readiness",
  description:
    "Whether the service keeps up with its work. " +
    "503 with the reasons when the database does not answer, when the sweep is paused or none has ended for 3 minutes, when " +
    "runs have been overdue, or due to be dispatched, for longer than that, or when a step of the sweep fails for all tenants.",
  problems: ["internal_error", "database_unavailable", "not_ready"],
  responses: { 200: json("Ready", ReadinessResponseSchema) },
});

readiness.openapi(readinessCheck, async (c) => {
  const [found, live] = await Promise.all([readReadiness(c.env.db), c.env.live.readStatus()]);
  const { database_at, since_sweep: sinceFullSweep } = found;
  const sinceSweep = sinceSweepOrSkip(sinceFullSweep, live);
  const reasons = reasonsAgainst({ ...found, since_sweep: sinceSweep });
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
      set_aside: found.set_aside.map((aside) => ({
        step: aside.step,
        does: wordsOf(aside.step).does,
        failing: aside.failing,
        seconds_since_first: aside.seconds,
      })),
      hub_location: c.env.config.hubLocation ?? null,
    },
    200,
  );
});

/** The reasons why the service is not ready, as sentences. docs/operations.md explains what to do about each. */
function reasonsAgainst({ since_sweep, since_pause, overdue, due, set_aside }: Readiness): string[] {
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
  for (const { step, seconds_as_whole: seconds } of set_aside) {
    if (seconds === null) continue;
    const name = nameSetAside({ step, row_id: WHOLE_STEP, tenant_id: null });
    reasons.push(`The sweep has not succeeded in ${name} for ${inSeconds(seconds)}. See \`set aside\` in its log.`);
  }
  return reasons;
}

const inSeconds = (seconds: number | null) => `${Math.round(seconds ?? 0)} seconds`;
