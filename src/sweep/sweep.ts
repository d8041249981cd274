import type { OnChanged } from "../db/changes.ts";
import { metered } from "../db/meter.ts";
import { log } from "../log.ts";
import type { DispatchServices } from "../runners/send-dispatches.ts";
import { dispatchDue } from "./dispatch-due.ts";
import { deleteOldRuns, promoteWaitingRuns, timeOutOverdueRuns } from "./end-runs.ts";
import { recordSweepBegan, recordSweepEnded } from "./sweep-state.ts";

/** Rows of one transaction: large enough to be quick, small enough to hold its locks only briefly. */
const TIME_OUT_CHUNK = 1000;

/**
 * Until when each step may begin something new, in milliseconds from the start: none keeps the next from its share.
 * The last delivery takes up to 15 s more, and the next sweep starts after 60.
 */
const TIME_OUT_UNTIL_MS = 25_000;
const DELIVER_UNTIL_MS = 40_000;
const DELETE_UNTIL_MS = 45_000;

/** Normally there are none: see `promote_waiting_runs` in SQL. */
const PROMOTE_LIMIT = 1000;

/** Each takes its events with it. */
const DELETE_CHUNK = 500;

/** Each takes one request, and ten of them two more; a Worker may send 10,000 in one invocation. */
const MAX_DELIVERIES = 8_000;

/**
 * The cron's work: fails the overdue runs and starts those behind them, then delivers what is due, until nothing
 * is left or the time is up; and deletes what is too old to be kept. What is left stays as it is in the database, and
 * the next sweep goes on with it. Does nothing while an operator has paused it.
 *
 * Answers in how many milliseconds something is due next, negative when it is due already: null when nothing will be. A
 * paused sweep answers 0, since nobody knows.
 */
export async function sweep(services: DispatchServices): Promise<number | null> {
  return metered(async (meter) => {
    const began = Date.now();
    const isBefore = (ms: number) => Date.now() - began < ms;
    if (!(await recordSweepBegan(services.db))) {
      log("info", "sweep", { paused: true });
      return 0;
    }
    const announcing: Promise<void>[] = [];
    const onChanged: OnChanged = (changes) => void announcing.push(services.live.announce(changes));

    const lagsMs = await timeOutAll(services, () => isBefore(TIME_OUT_UNTIL_MS), onChanged);
    await promoteWaitingRuns(services.db, {
      limit: PROMOTE_LIMIT,
      graceSeconds: services.config.deadlineGraceSeconds,
      onChanged,
    });
    const delivered = await dispatchDue(services, (count) => count < MAX_DELIVERIES && isBefore(DELIVER_UNTIL_MS));

    const deleted = await deleteOld(services, () => isBefore(DELETE_UNTIL_MS));

    lagsMs.sort((a, b) => a - b);
    const result = {
      timed_out: lagsMs.length,
      lag_p50_ms: lagsMs[Math.floor(lagsMs.length / 2)] ?? null,
      lag_max_ms: lagsMs.at(-1) ?? null,
      delivered,
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

/** How late each run was that it has failed, in milliseconds. */
async function timeOutAll(
  { db, config }: DispatchServices,
  hasTime: () => boolean,
  onChanged: OnChanged,
): Promise<number[]> {
  const lagsMs: number[] = [];
  while (hasTime()) {
    // What fits into one chunk needs no turns. A backlog does, lest one tenant's keeps the others waiting.
    const inTurn = lagsMs.length > 0;
    const options = { limit: TIME_OUT_CHUNK, inTurn, graceSeconds: config.deadlineGraceSeconds, onChanged };
    const chunk = await timeOutOverdueRuns(db, options);
    // Less than asked for need not be the last: another sweep may hold the others at this moment.
    if (chunk.length === 0) break;
    for (const lagMs of chunk) lagsMs.push(lagMs);
  }
  return lagsMs;
}

/** How many runs it has deleted. */
async function deleteOld({ db, config }: DispatchServices, hasTime: () => boolean): Promise<number> {
  let count = 0;
  while (config.retentionDays !== undefined && hasTime()) {
    const deleted = await deleteOldRuns(db, { days: config.retentionDays, limit: DELETE_CHUNK });
    count += deleted;
    if (deleted === 0) break;
  }
  return count;
}
