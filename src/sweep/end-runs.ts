/**
 * The steps of a sweep that change runs. Each works on a bounded chunk, and is safe to run concurrently with any other change.
 */
import { z } from "zod";
import { callFunction } from "../db/call.ts";
import { leaseWorkSchema, type OnChanged, tellWork } from "../db/changes.ts";
import type { Database } from "../db/client.ts";

/**
 * Fails up to `limit` overdue runs, the longest overdue first, with an event for each. Starts the next runs of their queues,
 * whose dispatches are due at once. `inTurn` is for a backlog: each tenant then gets a share of the limit. Returns for each
 * failed run how late that was, in milliseconds, and how many definitions the call locked. If it locked none, no run is overdue,
 * or others have locked the definitions of all overdue runs that it looked at.
 */
export async function timeOutOverdueRuns(
  db: Database,
  options: { limit: number; inTurn: boolean; graceSeconds: number; onChanged: OnChanged | undefined },
): Promise<{ lagsMs: number[]; locked: number }> {
  const args = { limit: options.limit, in_turn: options.inTurn, grace_seconds: options.graceSeconds };
  const schema = z.object({ lags_ms: z.array(z.number()), locked: z.int() });
  const answer = await callFunction(db, "time_out_overdue_runs", args, schema, { onChanged: options.onChanged });
  return { lagsMs: answer.lags_ms, locked: answer.locked };
}

/**
 * Handles up to `limit` definitions whose slot is free: starts their PENDING runs, also those whose back-off is over, and
 * announces runs that wait for a runner to lease them. Returns whether a webhook of a stop is due.
 */
export async function promoteWaitingRuns(
  db: Database,
  options: { limit: number; graceSeconds: number; onChanged: OnChanged },
): Promise<{ hasDueStops: boolean }> {
  const args = { limit: options.limit, grace_seconds: options.graceSeconds };
  const ofTenant = z.object({ tenant_id: z.string(), work: z.array(leaseWorkSchema) });
  const schema = z.object({ has_due_stops: z.boolean(), work: z.array(ofTenant) });
  const answer = await callFunction(db, "promote_waiting_runs", args, schema, { onChanged: options.onChanged });
  for (const { tenant_id: tenantId, work } of answer.work) tellWork(options.onChanged, tenantId, work);
  return { hasDueStops: answer.has_due_stops };
}

/**
 * Deletes up to `limit` runs that ended more than `days` days ago, with their events. The tenants take turns. A run is kept
 * while its idempotency key is in use. Also deletes as many API keys that ended then, and events that are about no run. Returns the
 * number of deleted runs.
 */
export async function deleteOldRuns(db: Database, options: { days: number; limit: number }): Promise<number> {
  const schema = z.object({ deleted: z.int() });
  return (await callFunction(db, "delete_old_runs", options, schema)).deleted;
}
