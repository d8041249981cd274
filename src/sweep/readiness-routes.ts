import { z } from "@hono/zod-openapi";
import { Problem } from "../http/problems.ts";
import { createRouter } from "../http/router.ts";
import { openRead } from "../http/routes.ts";
import { instant } from "../http/schemas.ts";
import { nameSetAside, type SetAside, WHOLE_STEP } from "../verbs/sweep-steps.ts";
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
          name: z.string().openapi({ description: "What it is, with its id and that of its tenant." }),
          failures: z.int().openapi({ description: "How often in a row." }),
          seconds_since_first: z.number(),
          seconds_to_next_try: z.number().openapi({ description: "Negative when the next sweep tries it again." }),
        }),
      )
      .openapi({
        description:
          "Rows that have failed in a sweep, which goes on without them and tries them again after a minute to an hour: up to 20. " +
          "The log of the sweep says why they fail.",
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
  summary: "Does the service keep up with its work?",
  description:
    "503 with the reasons when the database does not answer, when the sweep is paused or none has ended for 3 minutes, when " +
    "runs have been overdue, or due to be dispatched, for longer than that, or when a step of the sweep fails for all tenants.",
  problems: ["internal_error", "database_unavailable", "not_ready"],
  responses: {
    200: { description: "Ready", content: { "application/json": { schema: ReadinessResponseSchema } } },
  },
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
        name: nameSetAside(aside),
        failures: aside.failures,
        seconds_since_first: aside.seconds,
        seconds_to_next_try: aside.seconds_left,
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
  return [...reasons, ...set_aside.filter(({ row_id }) => row_id === WHOLE_STEP).map(explainStep)];
}

const explainStep = (aside: SetAside) =>
  `The sweep has not succeeded in ${nameSetAside(aside)} for ${inSeconds(aside.seconds)}. See \`set aside\` in its log.`;

const inSeconds = (seconds: number | null) => `${Math.round(seconds ?? 0)} seconds`;
