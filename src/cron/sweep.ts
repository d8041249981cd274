import type { Config } from "../config.ts";
import { deliverAll } from "../deliver.ts";
import { log } from "../log.ts";
import type { Database } from "../store/client.ts";
import { claimDueDispatches } from "../store/dispatches.ts";
import { timeOutOverdueRuns } from "../store/overdue-runs.ts";
import { recordSweepBegan, recordSweepEnded } from "../store/sweep-state.ts";

/** Rows of one transaction: large enough to be quick, small enough to hold its locks only briefly. */
const TIME_OUT_CHUNK = 1000;

/** As many as are delivered well within their lease. */
const DISPATCH_CHUNK = 6;

/** A cron invocation may last longer, but the next one starts in a minute anyway. */
const BUDGET_MS = 50_000;

export type SweepResult = {
  timedOut: number;
  lagP50Ms: number | null;
  lagMaxMs: number | null;
  redelivered: number;
  /** False when time ran out before the work did; the next sweep goes on. */
  finished: boolean;
};

type Services = { db: Database; config: Config };

/**
 * The cron's work: fails the overdue runs and starts those behind them, then delivers what is due, until nothing
 * is left or the time is up.
 */
export async function sweep(services: Services): Promise<SweepResult> {
  const began = Date.now();
  const hasTime = () => Date.now() - began < BUDGET_MS;
  await recordSweepBegan(services.db);

  const timeOuts = await timeOutAll(services, hasTime);
  const deliveries = await deliverDue(services.db, services.config, hasTime);

  const lagsMs = timeOuts.lagsMs.sort((a, b) => a - b);
  const result = {
    timedOut: lagsMs.length,
    lagP50Ms: lagsMs[Math.floor(lagsMs.length / 2)] ?? null,
    lagMaxMs: lagsMs.at(-1) ?? null,
    redelivered: deliveries.count,
    finished: timeOuts.finished && deliveries.finished,
  };
  await recordSweepEnded(services.db, result);
  log("info", "sweep", { ...result, ms: Date.now() - began });
  return result;
}

async function timeOutAll({ db, config }: Services, hasTime: () => boolean) {
  const lagsMs: number[] = [];
  while (hasTime()) {
    const chunk = await timeOutOverdueRuns(db, { limit: TIME_OUT_CHUNK, graceSeconds: config.deadlineGraceSeconds });
    lagsMs.push(...chunk);
    if (chunk.length < TIME_OUT_CHUNK) return { lagsMs, finished: true };
  }
  return { lagsMs, finished: false };
}

async function deliverDue(db: Database, config: Config, hasTime: () => boolean) {
  let count = 0;
  while (hasTime()) {
    const chunk = await claimDueDispatches(db, DISPATCH_CHUNK);
    await deliverAll({ db, config }, chunk);
    count += chunk.length;
    if (chunk.length < DISPATCH_CHUNK) return { count, finished: true };
  }
  return { count, finished: false };
}
