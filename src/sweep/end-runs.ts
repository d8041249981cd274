/** What a sweep does to runs in bounded chunks, safe beside itself and beside every other change. */
import { z } from "zod";
import { callFunction } from "../db/call.ts";
import type { OnChanged } from "../db/changes.ts";
import type { Database } from "../db/client.ts";

/**
 * Fails up to `limit` overdue runs, the longest overdue first, with an event for each, and starts those that waited behind
 * them: their dispatches are due at once. `inTurn` is for a backlog: each tenant gets its share of the limit.
 * Returns how late each was, in milliseconds: none when none is left that nobody else holds.
 */
export async function timeOutOverdueRuns(
  db: Database,
  options: { limit: number; inTurn: boolean; graceSeconds: number; onChanged: OnChanged },
): Promise<number[]> {
  const args = { limit: options.limit, in_turn: options.inTurn, grace_seconds: options.graceSeconds };
  const schema = z.object({ lags_ms: z.array(z.number()) });
  return (await callFunction(db, "time_out_overdue_runs", args, schema, { onChanged: options.onChanged })).lags_ms;
}

/** Starts runs that wait although the slot of their definition is free, in up to `limit` definitions. Returns in how many. */
export async function promoteWaitingRuns(
  db: Database,
  options: { limit: number; graceSeconds: number; onChanged: OnChanged },
): Promise<number> {
  const args = { limit: options.limit, grace_seconds: options.graceSeconds };
  const schema = z.object({ definitions: z.int() });
  return (await callFunction(db, "promote_waiting_runs", args, schema, { onChanged: options.onChanged })).definitions;
}

/**
 * Deletes up to `limit` runs that ended more than `days` ago, with their events, and returns how many. The tenants take
 * turns. A run stays as long as its idempotency key may be sent again.
 */
export async function deleteOldRuns(db: Database, options: { days: number; limit: number }): Promise<number> {
  const schema = z.object({ deleted: z.int() });
  return (await callFunction(db, "delete_old_runs", options, schema)).deleted;
}
