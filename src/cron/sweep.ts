import type { Config } from "../config.ts";
import { log } from "../log.ts";
import type { Database } from "../store/client.ts";
import { timeOutOverdueRuns } from "../store/overdue-runs.ts";
import { recordSweepBegan, recordSweepEnded } from "../store/sweep-state.ts";

/** Rows of one transaction: large enough to be quick, small enough to hold its locks only briefly. */
const CHUNK = 1000;

/** A cron invocation may last longer, but the next one starts in a minute anyway. */
const BUDGET_MS = 50_000;

export type SweepResult = { timedOut: number; lagP50Ms: number | null; lagMaxMs: number | null; finished: boolean };

/** The cron's work: fails every overdue run, chunk by chunk, until none is left or the time is up. */
export async function sweep({ db, config }: { db: Database; config: Config }): Promise<SweepResult> {
  const began = Date.now();
  await recordSweepBegan(db);

  const lagsMs: number[] = [];
  let finished = false;
  while (!finished && Date.now() - began < BUDGET_MS) {
    const chunk = await timeOutOverdueRuns(db, { limit: CHUNK, graceSeconds: config.deadlineGraceSeconds });
    lagsMs.push(...chunk);
    finished = chunk.length < CHUNK;
  }

  lagsMs.sort((a, b) => a - b);
  const result = {
    timedOut: lagsMs.length,
    lagP50Ms: lagsMs[Math.floor(lagsMs.length / 2)] ?? null,
    lagMaxMs: lagsMs.at(-1) ?? null,
    finished,
  };
  await recordSweepEnded(db, result);
  log("info", "sweep", { ...result, ms: Date.now() - began });
  return result;
}
