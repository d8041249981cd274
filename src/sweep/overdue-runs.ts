import type { Database } from "../db/client.ts";
import { lockOverdueDefinitions, promoteLocked, timeOutLocked } from "../runs/slots.ts";

/**
 * Fails up to `limit` overdue runs, the longest overdue first, with an event for each, and starts those that
 * waited behind them; their dispatches are due at once. Returns how late each was, in milliseconds: none when none
 * is left that nobody else holds. `inTurn` is for a backlog: each tenant gets its share of the limit.
 */
export async function timeOutOverdueRuns(
  db: Database,
  options: { limit: number; inTurn: boolean; graceSeconds: number },
): Promise<number[]> {
  const [, { rows }] = await db.batch([
    db.execute(lockOverdueDefinitions(options)),
    db.execute<{ lags_ms: number[] }>(timeOutLocked),
    db.execute(promoteLocked({ leaseSeconds: 0, graceSeconds: options.graceSeconds })),
  ]);
  return rows[0]?.lags_ms ?? [];
}
