/** A schedule of the demo tenant. It is paused, so that the local stack triggers no runs by itself. */
import { sql } from "drizzle-orm";
import type { Database } from "../../src/db/client.ts";
import type { FiringCause } from "../../src/db/enums.ts";
import { triggerFirings, triggers } from "../../src/db/trigger-tables.ts";
import type { Schedule } from "../../src/triggers/schedule/schedule.ts";
import { demoId } from "./demo-id.ts";

const NAME = "Every weekday morning";

const SCHEDULE: Schedule = {
  ...{ cron: "0 6 * * 1-5", at: null, time_zone: "Europe/Berlin", starts_at: null, ends_at: null },
  ...{ jitter_seconds: 0, catch_up: "last", catch_up_window_seconds: 86_400 },
};

const hoursAgo = (hours: number) => sql`statement_timestamp() - make_interval(hours => ${hours})`;

type Demo = {
  tenantId: string;
  owner: { id: string };
  quarterlyReportId: string;
  triggerId: string;
  runs: { failed: string; pending: string };
};

/** What says in the FAILED run that somebody has fired the schedule: see `fire` in SQL. */
export const triggeredBy = ({ triggerId }: Demo) => ({
  ...{ trigger_id: triggerId, trigger_name: NAME, firing_id: demoId(523), cause: "hand" },
  ...{ scheduled_at: null, previous_scheduled_at: null },
});

/** The statements that insert the schedule and some of its firings, unless they are there. */
export function seedTriggers(db: Database, { tenantId, owner, quarterlyReportId, triggerId, runs }: Demo) {
  const firing = (number: number, hours: number) => ({
    ...{ id: demoId(number), tenantId, triggerId, cause: "schedule" as FiringCause },
    ...{ at: hoursAgo(hours), scheduledAt: hoursAgo(hours) },
  });
  return [
    db
      .insert(triggers)
      .values({
        ...{ id: triggerId, tenantId, workflowDefinitionId: quarterlyReportId, userId: owner.id },
        ...{ name: NAME, kind: "schedule", config: SCHEDULE, whenBusy: "skip" },
        ...{ pausedAt: hoursAgo(48), pausedByUserId: owner.id, afterAt: hoursAgo(48) },
        pauseNote: "Until the figures of the quarter are final",
      })
      .onConflictDoNothing(),
    db
      .insert(triggerFirings)
      .values([
        { ...firing(521, 50), outcome: "REFUSED", reason: "queue_full" },
        { ...firing(522, 74), outcome: "SKIPPED", runId: runs.pending },
        {
          ...firing(523, 98),
          outcome: "FIRED",
          cause: "hand",
          scheduledAt: null,
          runId: runs.failed,
          userId: owner.id,
        },
        { ...firing(524, 102), outcome: "MISSED", reason: "late", count: 3, scheduledUntil: hoursAgo(100) },
      ])
      .onConflictDoNothing(),
  ] as const;
}
