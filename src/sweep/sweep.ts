import { deleteOldAuditEvents } from "../audit/audit-events.ts";
import { metered } from "../db/meter.ts";
import { dispatchDue } from "../dispatches/dispatch-due.ts";
import { dispatchStops } from "../dispatches/dispatch-stops.ts";
import { describeError, log } from "../log.ts";
import { deleteOldNotifications, listDueEndpoints } from "../notify/sending/due.ts";
import { deleteArtifacts } from "../runs/artifacts/delete-artifacts.ts";
import { deleteOldFirings, fireDue } from "../triggers/fire-due.ts";
import type { Turn } from "../turn.ts";
import { startNotifications, tellHubs } from "../verbs/after.ts";
import { perform } from "../verbs/perform.ts";
import type { VerbServices } from "../verbs/services.ts";
import { collectAnnouncements } from "./announcements.ts";
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
 * A step begins nothing new later than `ms` after the start of the sweep, or once the sweep has used `subrequests`. So each gets its share.
 * Subrequests are the requests to the database, the webhooks, and the calls of hubs at the end. `[limits]` in wrangler.toml adds to them
 * what a step may still have begun. The last dispatch takes up to 15 s more, and the next sweep starts after 60 s.
 */
const UNTIL = {
  timeOut: { ms: 25_000, subrequests: 20_000 },
  promote: { ms: 26_500, subrequests: 22_000 },
  fire: { ms: 30_000, subrequests: 26_000 },
  stop: { ms: 32_000, subrequests: 29_000 },
  dispatch: { ms: 40_000, subrequests: 49_000 },
  delete: { ms: 45_000, subrequests: 50_000 },
  deleteArtifacts: { ms: 48_000, subrequests: 50_000 },
};

/** How many definitions a sweep promotes runs of. Normally there are none: see `promote_waiting_runs` in SQL. */
const PROMOTE_LIMIT = 1000;

/** How many endpoints are notified in a sweep. */
const MAX_NOTIFIED = 500;

/** How many notifications one transaction deletes, and how many a sweep deletes. */
const DELETE_NOTIFICATIONS = 2_000;

/** How many runs one transaction deletes, together with their events. */
const DELETE_CHUNK = 500;

/** How many old firings of triggers a sweep deletes. */
const DELETE_FIRINGS = 2_000;

/** How many old rows of the audit log a sweep removes. */
const DELETE_AUDIT_EVENTS = 2_000;

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
 * Each step ends when nothing is left or its share is used up, and the next sweep continues. At the end, each hub
 * is told once what was changed. While an operator has paused the sweep, nothing is done.
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
    const announcements = collectAnnouncements();
    // What starts is due at once, and the step that sends the due dispatches sends it. A sweep does not mark: it answers what is due
    // next, so no other sweep has to look for what it has changed. Each announcement would start up to 16 invocations for its
    // notifications, and an invocation may start 32, so they are started once.
    const services: VerbServices = {
      ...given,
      db: given.patientDb,
      live: { ...given.live, announce: announcements.announce, mark: async () => {} },
      ...{ proof: {}, requestId: null, sends: false, notifies: false },
      afterwards: (work) => void working.push(work()),
    };
    let stopped = 0;
    let dispatched = 0;
    const hasRoom = (step: keyof typeof UNTIL) =>
      Date.now() - began < UNTIL[step].ms &&
      meter.databaseRequests + announcements.count() + stopped + dispatched < UNTIL[step].subrequests;
    const turns = await recordSweepBegan(services.db);
    if (turns === null) {
      log("info", "sweep", { paused: true });
      return 0;
    }
    try {
      const lagsMs = await timeOutAll(services, turns.ends, () => hasRoom("timeOut"));
      const promote = async () => (await perform(services, promoteWaitingRuns, PROMOTE_LIMIT)).result;
      let promoted = await promote();
      while (promoted.has_more && hasRoom("promote")) promoted = await promote();
      const fired = await fireDue(services, null, () => hasRoom("fire"), turns.firings);
      if (promoted.has_due_stops) {
        const mayStop = (count: number) => {
          stopped = count;
          return hasRoom("stop");
        };
        await dispatchStops(services, mayStop, null, turns.stops);
      }
      const mayDispatch = (count: number) => {
        dispatched = count;
        return hasRoom("dispatch");
      };
      dispatched = await dispatchDue(services, mayDispatch, null, turns.dispatches);

      await startNotifications(services, await listDueEndpoints(services.db, MAX_NOTIFIED, turns.notifications));

      const { retentionDays, auditRetentionDays } = services.config;
      let deleted = 0;
      const count = (more: number) => {
        deleted += more;
      };
      await attempt(() => deleteOld(services, () => hasRoom("delete"), count));
      if (retentionDays !== undefined) {
        await attempt(() => perform(services, deleteOldFirings, { days: retentionDays, limit: DELETE_FIRINGS }));
      }
      await attempt(() => deleteArtifacts(services, () => hasRoom("deleteArtifacts")));
      await attempt(() => perform(services, deleteOldNotifications, DELETE_NOTIFICATIONS));
      await attempt(() =>
        perform(services, deleteOldAuditEvents, { days: auditRetentionDays, limit: DELETE_AUDIT_EVENTS }),
      );

      lagsMs.sort((a, b) => a - b);
      const counts = {
        timed_out: lagsMs.length,
        lag_p50_ms: lagsMs[Math.floor(lagsMs.length / 2)] ?? null,
        lag_max_ms: lagsMs.at(-1) ?? null,
        dispatched,
        deleted,
      };
      await Promise.all(working);
      const { due_in_ms: dueInMs, ...left } = await recordSweepEnded(services.db, counts, turns);
      log("info", "sweep", {
        ...counts,
        fired,
        ...left,
        ms: Date.now() - began,
        database_ms: meter.databaseMs,
        database_requests: meter.databaseRequests,
        hubs: announcements.count(),
      });
      return dueInMs;
    } finally {
      await tellHubs(given, announcements.take());
    }
  });
}

/** Fails the overdue runs. Returns for each of them how late that was, in milliseconds. */
async function timeOutAll(services: VerbServices, turn: Turn, hasRoom: () => boolean): Promise<number[]> {
  const limit = TIME_OUT_CHUNK;
  const { lags_ms: lagsMs, locked } = (await perform(services, timeOutOverdueRuns, { limit })).result;
  if (locked < TIME_OUT_CHUNK) return lagsMs;
  // There is a backlog. From here on the tenants take turns, so that the backlog of one tenant does not delay the others.
  const lane = async () => {
    while (hasRoom()) {
      const { result: chunk } = await perform(services, timeOutOverdueRuns, { limit, turn });
      turn.after = chunk.after ?? null;
      for (const lagMs of chunk.lags_ms) lagsMs.push(lagMs);
      // No overdue run was found whose definition is not locked. If another lane holds the locks, it continues and finds what is
      // left.
      if (chunk.locked === 0) return;
    }
  };
  await Promise.all(Array.from({ length: TIME_OUT_LANES }, lane));
  return lagsMs;
}

/** Deletes the runs that are older than RETENTION_DAYS. `count` is told how many each transaction has deleted. */
async function deleteOld(
  services: VerbServices,
  hasRoom: () => boolean,
  count: (deleted: number) => void,
): Promise<void> {
  const { retentionDays: days } = services.config;
  while (days !== undefined && hasRoom()) {
    const { result } = await perform(services, deleteOldRuns, { days, limit: DELETE_CHUNK });
    count(result.deleted);
    if (result.deleted === 0) break;
  }
}

/** Deletes something. When that fails, it is logged, and a later sweep tries it again: the rest of the sweep does not depend on it. */
async function attempt(deletion: () => Promise<unknown>): Promise<void> {
  try {
    await deletion();
  } catch (error) {
    log("error", "delete", describeError(error));
  }
}
