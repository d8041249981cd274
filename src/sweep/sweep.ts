import { deleteOldAuditEvents } from "../audit/audit-events.ts";
import { metered } from "../db/meter.ts";
import { dispatchDue } from "../dispatches/dispatch-due.ts";
import { dispatchStops } from "../dispatches/dispatch-stops.ts";
import { log } from "../log.ts";
import { deleteOldNotifications, listDueEndpoints } from "../notify/sending/due.ts";
import { deleteArtifacts } from "../runs/artifacts/delete-artifacts.ts";
import { deleteOldFirings, fireDue } from "../triggers/fire-due.ts";
import { startNotifications } from "../verbs/after.ts";
import { perform } from "../verbs/perform.ts";
import type { VerbServices } from "../verbs/services.ts";
import { recordSweepBegan, recordSweepEnded } from "./sweep-state.ts";
import { deleteOldRuns, promoteWaitingRuns, timeOutOverdueRuns } from "./sweep-verbs.ts";

/** How many runs one transaction fails: enough to be efficient, and few enough to hold their locks only briefly. */
const TIME_OUT_CHUNK = 1250;

/**
 * How many lanes fail runs at the same time when there is a backlog. A lane runs one transaction after another, and so keeps one
 * core of the database busy.
 */
const TIME_OUT_LANES = 2;

/**
 * How many milliseconds after the start of the sweep each step may still begin something new, so that each step gets its share
 * of the time. The last dispatch takes up to 15 s more, and the next sweep starts after 60 s.
 */
const TIME_OUT_UNTIL_MS = 25_000;
const PROMOTE_UNTIL_MS = 26_500;
const FIRE_UNTIL_MS = 30_000;
const STOP_UNTIL_MS = 32_000;
const DISPATCH_UNTIL_MS = 40_000;
const DELETE_UNTIL_MS = 45_000;
const DELETE_ARTIFACTS_UNTIL_MS = 48_000;

/** How many definitions a sweep promotes runs of. Normally there are none: see `promote_waiting_runs` in SQL. */
const PROMOTE_LIMIT = 1000;

/** How many endpoints are notified in a sweep: those that have waited longest. */
const MAX_NOTIFIED = 500;

/** How many notifications one transaction deletes, and how many a sweep deletes. */
const DELETE_NOTIFICATIONS = 2_000;

/** How many runs one transaction deletes, together with their events. */
const DELETE_CHUNK = 500;

/** How many old firings of triggers a sweep deletes. */
const DELETE_FIRINGS = 2_000;

/** How many old rows of the audit log a sweep removes. */
const DELETE_AUDIT_EVENTS = 2_000;

/** How many dispatches a sweep sends. What they cost is part of the sum at `[limits]` in wrangler.toml. */
const MAX_DISPATCHES = 8_000;

/**
 * The work of the cron:
 * 1. Fail the overdue runs, and start the next runs of their queues.
 * 2. Fire the due triggers.
 * 3. Send the due webhooks of stops, then the due dispatches.
 * 4. Start sending the due notifications, also those about what this sweep has changed.
 * 5. Delete the runs, ended keys, events and firings that are older than RETENTION_DAYS, the notifications that are older than 30 days,
 *    and the rows of the audit log that are older than AUDIT_RETENTION_DAYS.
 * 6. Delete the files of runs that are gone, and those that are older than ARTIFACT_RETENTION_DAYS.
 *
 * Each step ends when nothing is left or its time is over, and the next sweep continues. While an operator has paused the
 * sweep, nothing is done.
 *
 * Returns in how many milliseconds something is due next: negative when it is already due, null when nothing is planned. A
 * paused sweep returns 0, since it does not know.
 */
export async function sweep(
  given: Omit<VerbServices, "proof" | "requestId" | "sends" | "notifies" | "afterwards">,
): Promise<number | null> {
  return metered(async (meter) => {
    const began = Date.now();
    const working: Promise<unknown>[] = [];
    // What starts is due at once, and the step that sends the due dispatches sends it. A sweep does not mark: it answers what is due
    // next, so no other sweep has to look for what it has changed. Each announcement would start up to 16 invocations for its
    // notifications, and an invocation may start 32, so they are started once.
    const services: VerbServices = {
      ...given,
      db: given.patientDb,
      live: { ...given.live, mark: async () => {} },
      ...{ proof: {}, requestId: null, sends: false, notifies: false },
      afterwards: (work) => void working.push(work()),
    };
    const isBefore = (ms: number) => Date.now() - began < ms;
    if (!(await recordSweepBegan(services.db))) {
      log("info", "sweep", { paused: true });
      return 0;
    }
    const lagsMs = await timeOutAll(services, () => isBefore(TIME_OUT_UNTIL_MS));
    const promote = async () => (await perform(services, promoteWaitingRuns, PROMOTE_LIMIT)).result;
    let promoted = await promote();
    while (promoted.has_more && isBefore(PROMOTE_UNTIL_MS)) promoted = await promote();
    const fired = await fireDue(services, null, () => isBefore(FIRE_UNTIL_MS));
    if (promoted.has_due_stops) await dispatchStops(services, () => isBefore(STOP_UNTIL_MS));
    const dispatched = await dispatchDue(services, (count) => count < MAX_DISPATCHES && isBefore(DISPATCH_UNTIL_MS));

    await startNotifications(services, await listDueEndpoints(services.db, MAX_NOTIFIED));

    const deleted = await deleteOld(services, () => isBefore(DELETE_UNTIL_MS));
    await deleteArtifacts(services, () => isBefore(DELETE_ARTIFACTS_UNTIL_MS));
    await perform(services, deleteOldNotifications, DELETE_NOTIFICATIONS);
    await perform(services, deleteOldAuditEvents, {
      days: services.config.auditRetentionDays,
      limit: DELETE_AUDIT_EVENTS,
    });

    lagsMs.sort((a, b) => a - b);
    const counts = {
      timed_out: lagsMs.length,
      lag_p50_ms: lagsMs[Math.floor(lagsMs.length / 2)] ?? null,
      lag_max_ms: lagsMs.at(-1) ?? null,
      dispatched,
      deleted,
    };
    await Promise.all(working);
    const { due_in_ms: dueInMs, ...left } = await recordSweepEnded(services.db, counts);
    log("info", "sweep", {
      ...counts,
      fired,
      ...left,
      ms: Date.now() - began,
      database_ms: meter.databaseMs,
      database_requests: meter.databaseRequests,
    });
    return dueInMs;
  });
}

/** Fails the overdue runs. Returns for each of them how late that was, in milliseconds. */
async function timeOutAll(services: VerbServices, hasTime: () => boolean): Promise<number[]> {
  const timeOut = async (inTurn: boolean) =>
    (await perform(services, timeOutOverdueRuns, { limit: TIME_OUT_CHUNK, inTurn })).result;
  const { lags_ms: lagsMs, locked } = await timeOut(false);
  if (locked < TIME_OUT_CHUNK) return lagsMs;
  // There is a backlog. From here on the tenants take turns, so that the backlog of one tenant does not delay the others.
  const lane = async () => {
    while (hasTime()) {
      const chunk = await timeOut(true);
      for (const lagMs of chunk.lags_ms) lagsMs.push(lagMs);
      // No overdue run was found whose definition is not locked. If another lane holds the locks, it continues and finds what is
      // left.
      if (chunk.locked === 0) return;
    }
  };
  await Promise.all(Array.from({ length: TIME_OUT_LANES }, lane));
  return lagsMs;
}

/** Deletes the runs that are older than RETENTION_DAYS. Returns the number of deleted runs. */
async function deleteOld(services: VerbServices, hasTime: () => boolean): Promise<number> {
  const { retentionDays: days } = services.config;
  let count = 0;
  while (days !== undefined && hasTime()) {
    const { result } = await perform(services, deleteOldRuns, { days, limit: DELETE_CHUNK });
    count += result.deleted;
    if (result.deleted === 0) break;
  }
  if (days !== undefined) await perform(services, deleteOldFirings, { days, limit: DELETE_FIRINGS });
  return count;
}
