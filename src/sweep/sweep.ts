import { type OnChanged, withoutNotifications } from "../db/changes.ts";
import { metered } from "../db/meter.ts";
import type { BackgroundServices } from "../http/env.ts";
import type { Live } from "../http/live/live.ts";
import { log } from "../log.ts";
import { deleteOldNotifications, listDueEndpoints } from "../notify/sending/due.ts";
import { dispatchDue } from "./dispatch-due.ts";
import { dispatchStops } from "./dispatch-stops.ts";
import { deleteOldRuns, promoteWaitingRuns, timeOutOverdueRuns } from "./end-runs.ts";
import { recordSweepBegan, recordSweepEnded } from "./sweep-state.ts";

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
const STOP_UNTIL_MS = 28_000;
const DISPATCH_UNTIL_MS = 40_000;
const DELETE_UNTIL_MS = 45_000;

/** How many definitions a sweep promotes runs of. Normally there are none: see `promote_waiting_runs` in SQL. */
const PROMOTE_LIMIT = 1000;

/** How many endpoints are notified in a sweep: those that have waited longest. */
const MAX_NOTIFIED = 500;

/** How many notifications one transaction deletes, and how many a sweep deletes. */
const DELETE_NOTIFICATIONS = 2_000;

/** How many runs one transaction deletes, together with their events. */
const DELETE_CHUNK = 500;

/** How many dispatches a sweep sends. What they cost is part of the sum at `[limits]` in wrangler.toml. */
const MAX_DISPATCHES = 8_000;

/**
 * The work of the cron:
 * 1. Fail the overdue runs, and start the next runs of their queues.
 * 2. Send the due webhooks of stops, then the due dispatches.
 * 3. Start sending the due notifications, also those about what this sweep has changed.
 * 4. Delete the runs, ended keys and events that are older than RETENTION_DAYS, and the notifications that are older than 30 days.
 *
 * Each step ends when nothing is left or its time is over, and the next sweep continues. While an operator has paused the
 * sweep, nothing is done.
 *
 * Returns in how many milliseconds something is due next: negative when it is already due, null when nothing is planned. A
 * paused sweep returns 0, since it does not know.
 */
export async function sweep({ live, ...others }: BackgroundServices): Promise<number | null> {
  // Each announcement would start up to 16 invocations for its notifications, and an invocation may start 32.
  const announce: Live["announce"] = (changes) => live.announce(withoutNotifications(changes));
  const services = { ...others, live: { ...live, announce } };
  return metered(async (meter) => {
    const began = Date.now();
    const isBefore = (ms: number) => Date.now() - began < ms;
    if (!(await recordSweepBegan(services.db))) {
      log("info", "sweep", { paused: true });
      return 0;
    }
    const announcing: Promise<void>[] = [];
    const onChanged: OnChanged = (changes) => void announcing.push(services.live.announce(changes));

    // Without hubs, nobody listens. The notifications of these runs are found by `listDueEndpoints` below.
    const onTimedOut = services.live.hasHubs ? onChanged : undefined;
    const lagsMs = await timeOutAll(services, () => isBefore(TIME_OUT_UNTIL_MS), onTimedOut);
    const { hasDueStops } = await promoteWaitingRuns(services.db, {
      limit: PROMOTE_LIMIT,
      graceSeconds: services.config.deadlineGraceSeconds,
      onChanged,
    });
    if (hasDueStops) await dispatchStops(services, () => isBefore(STOP_UNTIL_MS));
    const dispatched = await dispatchDue(services, (count) => count < MAX_DISPATCHES && isBefore(DISPATCH_UNTIL_MS));

    await live.notify(await listDueEndpoints(services.db, MAX_NOTIFIED));

    const deleted = await deleteOld(services, () => isBefore(DELETE_UNTIL_MS));
    await deleteOldNotifications(services.db, DELETE_NOTIFICATIONS);

    lagsMs.sort((a, b) => a - b);
    const result = {
      timed_out: lagsMs.length,
      lag_p50_ms: lagsMs[Math.floor(lagsMs.length / 2)] ?? null,
      lag_max_ms: lagsMs.at(-1) ?? null,
      dispatched,
      deleted,
    };
    await Promise.all(announcing);
    const { due_in_ms: dueInMs, ...left } = await recordSweepEnded(services.db, result);
    log("info", "sweep", {
      ...result,
      ...left,
      ms: Date.now() - began,
      database_ms: meter.databaseMs,
      database_requests: meter.databaseRequests,
    });
    return dueInMs;
  });
}

/** Fails the overdue runs. Returns for each of them how late that was, in milliseconds. */
async function timeOutAll(
  { db, config }: BackgroundServices,
  hasTime: () => boolean,
  onChanged: OnChanged | undefined,
): Promise<number[]> {
  const options = { limit: TIME_OUT_CHUNK, graceSeconds: config.deadlineGraceSeconds, onChanged };
  const { lagsMs, locked: lockedFirst } = await timeOutOverdueRuns(db, { ...options, inTurn: false });
  if (lockedFirst < TIME_OUT_CHUNK) return lagsMs;
  // There is a backlog. From here on the tenants take turns, so that the backlog of one tenant does not delay the others.
  const lane = async () => {
    while (hasTime()) {
      const chunk = await timeOutOverdueRuns(db, { ...options, inTurn: true });
      for (const lagMs of chunk.lagsMs) lagsMs.push(lagMs);
      // No overdue run was found whose definition is not locked. If another lane holds the locks, it continues and finds what is
      // left.
      if (chunk.locked === 0) return;
    }
  };
  await Promise.all(Array.from({ length: TIME_OUT_LANES }, lane));
  return lagsMs;
}

/** Deletes the runs that are older than RETENTION_DAYS. Returns the number of deleted runs. */
async function deleteOld({ db, config }: BackgroundServices, hasTime: () => boolean): Promise<number> {
  let count = 0;
  while (config.retentionDays !== undefined && hasTime()) {
    const deleted = await deleteOldRuns(db, { days: config.retentionDays, limit: DELETE_CHUNK });
    count += deleted;
    if (deleted === 0) break;
  }
  return count;
}
