import { deleteOldAuditEvents } from "../audit/audit-events.ts";
import { describeError, log } from "../base/log.ts";
import { isTimeOut } from "../db/client.ts";
import { metered } from "../db/meter.ts";
import type { Round } from "../db/round.ts";
import { dispatchDue } from "../dispatches/dispatch-due.ts";
import { dispatchStops } from "../dispatches/dispatch-stops.ts";
import { deleteOldNotifications, listDueEndpoints } from "../notify/sending/due.ts";
import { deleteArtifacts } from "../runs/artifacts/delete-artifacts.ts";
import { deleteOldFirings, fireDue } from "../triggers/fire-due.ts";
import { startNotifications, tellHubs } from "../verbs/after.ts";
import { orSetAside, performInParts } from "../verbs/in-parts.ts";
import type { VerbServices } from "../verbs/services.ts";
import type { SweepStep } from "../verbs/sweep-steps.ts";
import type { Verb } from "../verbs/verb.ts";
import { collectAnnouncements } from "./announcements.ts";
import { recordSweepBegan, recordSweepEnded } from "./sweep-state.ts";
import { deleteOldRuns, finishDeletions, promoteWaitingRuns, sumEnds, timeOutOverdueRuns } from "./sweep-verbs.ts";

/** How many runs one transaction fails: enough to be efficient, and few enough to hold their locks only briefly. */
const TIME_OUT_CHUNK = 1250;

/**
 * How many lanes fail runs at the same time when there is a backlog. A lane runs one transaction after another, and so keeps one
 * core of the database busy.
 */
const TIME_OUT_LANES = 2;

/**
 * A step begins nothing new later than `ms` after the start of the sweep, or once the sweep has used `subrequests`. So each gets its share,
 * unless a chunk before it takes too long: then the next sweeps do the rest. Subrequests are the requests to the database, the webhooks, and
 * the calls of hubs at the end. `[limits]` in wrangler.toml adds to them what a step may still have begun. The last dispatch takes up to 15 s
 * more, and the next sweep starts after 60 s.
 */
const UNTIL = {
  timeOut: { ms: 25_000, subrequests: 20_000 },
  promote: { ms: 26_500, subrequests: 22_000 },
  fire: { ms: 30_000, subrequests: 26_000 },
  stop: { ms: 32_000, subrequests: 29_000 },
  dispatch: { ms: 40_000, subrequests: 49_000 },
  sum: { ms: 41_500, subrequests: 49_200 },
  finishDeletions: { ms: 43_000, subrequests: 49_500 },
  deleteRuns: { ms: 45_000, subrequests: 49_700 },
  deleteRows: { ms: 46_500, subrequests: 50_000 },
  deleteArtifacts: { ms: 48_000, subrequests: 50_000 },
};

/** How many definitions a sweep promotes runs of. Normally there are none: see `promote_waiting_runs` in SQL. */
const PROMOTE_LIMIT = 1000;

/** How many events one transaction adds to the sums of ended runs. */
const SUM_CHUNK = 2_000;

/** How many endpoints are notified in a sweep. */
const MAX_NOTIFIED = 500;

/** How many runs one transaction deletes, together with their events. Also how many batches and firings of what was deleted. */
const DELETE_CHUNK = 500;

/** How many old firings, notifications or rows of the audit log one transaction deletes, or notifications it gives up. Nothing else belongs to them. */
const DELETE_ROWS = 2_000;

/**
 * The work of the cron:
 * 1. Fail the overdue runs, and start the next runs of their queues.
 * 2. Fire the due triggers.
 * 3. Send the due webhooks of stops, then the due dispatches.
 * 4. Start sending the due notifications, also those about what this sweep has changed.
 * 5. Add the ends of runs to the sums by hour and by day, before runs are deleted.
 * 6. Delete what belonged to deleted workflows, triggers and endpoints.
 * 7. Delete the runs, ended keys, events and firings that are older than RETENTION_DAYS, the notifications that are older than 30 days,
 *    and the rows of the audit log that are older than AUDIT_RETENTION_DAYS. Give up what has waited for disabled endpoints.
 * 8. Delete the files of runs that are gone, and those that are older than ARTIFACT_RETENTION_DAYS.
 *
 * Each step ends when nothing is left or its share is used up, and the next sweep continues. A row or a step that fails is set aside for
 * a while, and named, and the others go on: see src/verbs/in-parts.ts. At the end, each hub
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
    const begun = await recordSweepBegan(services.db);
    if (begun === null) {
      log("info", "sweep", { paused: true });
      return 0;
    }
    const { rounds } = begun;
    // A step that fails is set aside, and the others do not depend on it. When a second one gets no answer in time, the database is away.
    let timeOuts = 0;
    const step = async (name: SweepStep, work: () => Promise<unknown>) => {
      if (begun.stepsAside.has(name)) return;
      await orSetAside(services, name, { id: null, tenant_id: null }, work).catch((error: unknown) => {
        if (!isTimeOut(error) || ++timeOuts > 1) throw error;
        log("error", "sweep", { step: name, ...describeError(error) });
      });
    };
    try {
      const lagsMs: number[] = [];
      await step("ends", () => timeOutAll(services, rounds.ends, lagsMs, () => hasRoom("timeOut")));
      // Only the step before the stops finds out whether there are any. When it fails, there may be some.
      let hasDueStops = true;
      await step("promotions", async () => {
        hasDueStops = await promoteAll(services, () => hasRoom("promote"));
      });
      let fired = 0;
      await step("firings", async () => {
        fired = await fireDue(services, null, () => hasRoom("fire"), rounds.firings);
      });
      const mayStop = (count: number) => {
        stopped = count;
        return hasRoom("stop");
      };
      if (hasDueStops) await step("stops", () => dispatchStops(services, mayStop, null, rounds.stops));
      const mayDispatch = (count: number) => {
        dispatched = count;
        return hasRoom("dispatch");
      };
      await step("dispatches", async () => {
        dispatched = await dispatchDue(services, mayDispatch, null, rounds.dispatches);
      });
      await step("notifications", async () =>
        startNotifications(services, await listDueEndpoints(services.db, MAX_NOTIFIED, rounds.notifications)),
      );

      await step("sums", () => sumAll(services, () => hasRoom("sum")));
      const deleted = await deleteAll(services, step, hasRoom, begun.hasDeletions);

      lagsMs.sort((a, b) => a - b);
      const counts = {
        timed_out: lagsMs.length,
        lag_p50_ms: lagsMs[Math.floor(lagsMs.length / 2)] ?? null,
        lag_max_ms: lagsMs.at(-1) ?? null,
        dispatched,
        deleted,
      };
      await Promise.all(working);
      const { due_in_ms: dueInMs, ...left } = await recordSweepEnded(services.db, counts, begun);
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

/** Fails the overdue runs. Adds to `lagsMs` for each of them how late that was, in milliseconds. */
async function timeOutAll(
  services: VerbServices,
  round: Round,
  lagsMs: number[],
  hasRoom: () => boolean,
): Promise<void> {
  const limit = TIME_OUT_CHUNK;
  const timeOut = async (chunk: { limit: number; round?: Round }) => {
    const parts = await performInParts(services, "ends", timeOutOverdueRuns, chunk, hasRoom);
    for (const part of parts) for (const lagMs of part.lags_ms) lagsMs.push(lagMs);
    return { locked: parts.reduce((sum, part) => sum + part.locked, 0), after: parts.at(-1)?.after ?? null };
  };
  if ((await timeOut({ limit })).locked < TIME_OUT_CHUNK) return;
  // There is a backlog. From here on it goes from tenant to tenant, so that the backlog of one tenant does not delay the others.
  const lane = async () => {
    while (hasRoom()) {
      const chunk = await timeOut({ limit, round });
      round.after = chunk.after;
      // No overdue run was found whose definition is not locked. If another lane holds the locks, it continues and finds what is
      // left.
      if (chunk.locked === 0) return;
    }
  };
  await Promise.all(Array.from({ length: TIME_OUT_LANES }, lane));
}

/** Starts the runs that wait and may start. Returns whether the webhook of a stop is due. */
async function promoteAll(services: VerbServices, hasRoom: () => boolean): Promise<boolean> {
  for (;;) {
    const parts = await performInParts(services, "promotions", promoteWaitingRuns, PROMOTE_LIMIT, hasRoom);
    const hasMore = parts.some(({ has_more }) => has_more);
    if (!hasMore || !hasRoom()) return parts.at(-1)?.has_due_stops ?? true;
  }
}

/** Adds the ends of runs to the sums by hour and by day. Usually one chunk is enough. */
async function sumAll(services: VerbServices, hasRoom: () => boolean): Promise<void> {
  const hasMore = (parts: readonly { has_more: boolean }[]) => parts.some(({ has_more }) => has_more);
  await performChunks(services, "sums", sumEnds, SUM_CHUNK, hasMore, hasRoom);
}

/**
 * Deletes what belonged to what was deleted, and what is older than it is kept. Returns how many runs were too old. An outage during a
 * deletion is logged, and a later sweep tries it again: the rest of the sweep does not depend on it.
 */
async function deleteAll(
  services: VerbServices,
  step: (name: SweepStep, work: () => Promise<unknown>) => Promise<void>,
  hasRoomIn: (step: "finishDeletions" | "deleteRuns" | "deleteRows" | "deleteArtifacts") => boolean,
  hasDeletions: boolean,
): Promise<number> {
  const { retentionDays: days, auditRetentionDays } = services.config;
  const attempt = (name: SweepStep, deletion: () => Promise<unknown>) =>
    step(name, deletion).catch((error: unknown) => log("error", "delete", { step: name, ...describeError(error) }));
  // When fewer than a chunk were deleted, the rest is locked by others, or there is none.
  const isFull = (parts: readonly { deleted: number }[]) => sumDeleted(parts) >= DELETE_ROWS;
  const deleteRows = <Request>(name: SweepStep, verb: Verb<Request, { deleted: number }, never>, request: Request) =>
    attempt(name, () => performChunks(services, name, verb, request, isFull, () => hasRoomIn("deleteRows")));

  if (hasDeletions) await attempt("deletions", () => finishAll(services, () => hasRoomIn("finishDeletions")));
  let deleted = 0;
  if (days !== undefined) {
    const chunk = { days, limit: DELETE_CHUNK };
    // It counts what was deleted even when a later chunk fails.
    const hasMore = (parts: readonly { deleted: number; has_more: boolean }[]) => {
      deleted += sumDeleted(parts);
      return parts.some((part) => part.deleted > 0 || part.has_more);
    };
    await attempt("old_runs", () =>
      performChunks(services, "old_runs", deleteOldRuns, chunk, hasMore, () => hasRoomIn("deleteRuns")),
    );
    await deleteRows("old_firings", deleteOldFirings, { days, limit: DELETE_ROWS });
  }
  await deleteRows("old_notifications", deleteOldNotifications, DELETE_ROWS);
  await deleteRows("old_audit_events", deleteOldAuditEvents, { days: auditRetentionDays, limit: DELETE_ROWS });
  await attempt("artifacts", () => deleteArtifacts(services, () => hasRoomIn("deleteArtifacts")));
  return deleted;
}

/** Deletes what belonged to deleted workflows, triggers and endpoints. What is left when there is no room any more is due at once. */
async function finishAll(services: VerbServices, hasRoom: () => boolean): Promise<void> {
  const hasMore = (parts: readonly { deleted: number }[]) => sumDeleted(parts) > 0;
  await performChunks(services, "deletions", finishDeletions, DELETE_CHUNK, hasMore, hasRoom);
}

const sumDeleted = (parts: readonly { deleted: number }[]) => parts.reduce((sum, { deleted }) => sum + deleted, 0);

/** Performs a verb on one chunk after another, until the parts of one say that nothing is left, or there is no room any more. */
async function performChunks<Request, Result>(
  services: VerbServices,
  step: SweepStep,
  verb: Verb<Request, Result, never>,
  request: Request,
  hasMore: (parts: readonly Result[]) => boolean,
  hasRoom: () => boolean,
): Promise<void> {
  for (let isDone = false; !isDone && hasRoom(); ) {
    isDone = !hasMore(await performInParts(services, step, verb, request, hasRoom));
  }
}
