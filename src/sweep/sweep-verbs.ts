/** The verbs of a sweep. Each works on a bounded chunk, and is safe to run concurrently with any other change. */
import { z } from "zod";
import type { Round } from "../db/round.ts";
import { defineVerb } from "../verbs/verb.ts";

/**
 * Fails up to `limit` overdue runs, the longest overdue first, with an event for each. Starts the next runs of their queues,
 * whose dispatches are due at once. `round` is for a backlog: it then goes from tenant to tenant. `lags_ms` is for each failed run how late
 * that was; `locked` is how many definitions the call locked. If it locked none, no run is overdue, or others have locked the
 * definitions of all overdue runs.
 */
export const timeOutOverdueRuns = defineVerb({
  name: "time_out_overdue_runs",
  args: ({ limit, round }: { limit: number; round?: Round }) => ({
    limit,
    in_turn: round !== undefined,
    after: round?.after ?? null,
  }),
  result: z.object({ lags_ms: z.array(z.number()), locked: z.int(), after: z.string().nullish() }),
});

/**
 * Handles up to `limit` definitions whose slot is free: starts their PENDING runs, also those whose back-off is over, and
 * announces runs that wait for a runner to lease them. `has_due_stops` says whether a webhook of a stop is due, and `has_more`
 * that a further call will find more to do.
 */
export const promoteWaitingRuns = defineVerb({
  name: "promote_waiting_runs",
  args: (limit: number) => ({ limit }),
  result: z.object({ has_due_stops: z.boolean(), has_more: z.boolean() }),
});

/**
 * Adds the ends of runs to the sums by hour and by day, of up to `limit` events: `sum_ends` in SQL. `has_more` says that there may be more to
 * add.
 */
export const sumEnds = defineVerb({
  name: "sum_ends",
  args: (limit: number) => ({ limit }),
  result: z.object({ has_more: z.boolean() }),
});

/**
 * Deletes up to `limit` runs that ended more than `days` days ago, with their events. It goes from tenant to tenant. A run is kept
 * while its idempotency key is in use. `deleted` is the number of deleted runs. `has_more` says that there may be more of what else the verb
 * deletes.
 */
export const deleteOldRuns = defineVerb({
  name: "delete_old_runs",
  args: (chunk: { days: number; limit: number }) => chunk,
  result: z.object({ deleted: z.int(), has_more: z.boolean().default(false) }),
});

/**
 * Deletes up to `limit` of the runs of deleted definitions, with all that belongs to them, and as many of their batches, of the firings of
 * deleted triggers and of the notifications of deleted endpoints: `finish_deletions` in SQL. `deleted` counts these, and
 * the children of deleted runs that it has prepared for the retention. It is 0 when nothing is left, or when others have locked the rest.
 */
export const finishDeletions = defineVerb({
  name: "finish_deletions",
  args: (limit: number) => ({ limit }),
  result: z.object({ deleted: z.int() }),
});

const sweptTenantSchema = z.object({
  is_paused: z.boolean(),
  lags_ms: z.array(z.number()),
  has_moved: z.boolean(),
  has_more: z.boolean().default(false),
  has_due_dispatches: z.boolean(),
  has_due_stops: z.boolean(),
  has_due_triggers: z.boolean().default(false),
  due_in_ms: z.number().nullable(),
});
export type SweptTenant = z.infer<typeof sweptTenantSchema>;

/** Does what is due for one tenant: fails up to `limit` overdue runs, and starts the runs behind them: `sweep_tenant` in SQL. */
export const sweepDueOfTenant = defineVerb({
  name: "sweep_tenant",
  args: (chunk: { tenantId: string; limit: number }) => ({ tenant_id: chunk.tenantId, limit: chunk.limit }),
  result: sweptTenantSchema,
});
