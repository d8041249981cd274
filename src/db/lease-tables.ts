/** The tables of what is known of a run while it is RUNNING, and of the runners that lease runs. */
import { sql } from "drizzle-orm";
import { check, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, instant } from "./columns.ts";
import { workflowRuns } from "./run-tables.ts";
import { apiKeys } from "./tables.ts";

/** A runner that has registered itself. Its token is signed and kept nowhere. Runs are leased to a session. */
export const runnerSessions = pgTable(
  "runner_sessions",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    /** The key that made the session: the session ends when the key does. */
    apiKeyId: uuid("api_key_id")
      .notNull()
      .references(() => apiKeys.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    /** The definitions whose runs it asked for; null for all that its key may lease. */
    workflowDefinitionIds: uuid("workflow_definition_ids").array(),
    /** How many runs it works on at the same time, at most. */
    capacity: integer("capacity").notNull(),
    createdAt: createdAt(),
    lastSeenAt: instant("last_seen_at").notNull().default(sql`statement_timestamp()`),
    expiresAt: instant("expires_at").notNull(),
  },
  (t) => [
    // The connected runners of a tenant: the pages and `explain_run`; expired ones: the sweep.
    index("runner_sessions_tenant_index").on(t.tenantId, t.expiresAt),
    // The foreign key: a key that is deleted takes its sessions along.
    index("runner_sessions_api_key_index").on(t.apiKeyId),
    check("runner_sessions_name_check", sql`char_length(${t.name}) between 1 and 100`),
    check("runner_sessions_capacity_check", sql`${t.capacity} between 1 and 100`),
  ],
);

/**
 * What is known of the current attempt of a RUNNING run beside its row in `workflow_runs`: its lease, its progress, and a stop
 * that waits for its runner. There is no row for a run that has none of these, and the row goes when the attempt ends.
 *
 * Heartbeats change this small table, because an update of `workflow_runs` would write an entry to each of its indexes.
 */
export const runningAttempts = pgTable(
  "running_attempts",
  {
    runId: uuid("run_id")
      .primaryKey()
      .references(() => workflowRuns.id, { onDelete: "cascade" }),
    tenantId: uuid("tenant_id").notNull(),
    attempt: integer("attempt").notNull(),
    /** Whose lease it is. Null for a run that was dispatched to a URL. */
    sessionId: uuid("session_id").references(() => runnerSessions.id, { onDelete: "set null" }),
    /** The `request_id` by which it was leased: a repeated request is answered with the same leases. */
    leaseRequestId: uuid("lease_request_id"),
    /** How far each heartbeat moves the lease. Null, like `lease_expires_at`, while only the deadline limits the run. */
    leaseSeconds: integer("lease_seconds"),
    leaseExpiresAt: instant("lease_expires_at"),
    heartbeatAt: instant("heartbeat_at"),
    progressPercent: integer("progress_percent"),
    progressMessage: text("progress_message"),
    /** A stop that gives the runner time: when it was asked for, by whom and why, and when the run ends at the latest. */
    stopRequestedAt: instant("stop_requested_at"),
    stopUserId: uuid("stop_user_id"),
    stopReason: text("stop_reason"),
    stopEndsAt: instant("stop_ends_at"),
    /** The webhook that tells a runner with a URL of the stop: when the next try is due, and how many there were. */
    nextStopDispatchAt: instant("next_stop_dispatch_at"),
    stopDispatchCount: integer("stop_dispatch_count").notNull().default(0),
    /** When a heartbeat's answer, or an accepted webhook, told the runner of the stop. */
    stopAcknowledgedAt: instant("stop_acknowledged_at"),
    /** The run ends then, unless its deadline comes first: see `run_as_seen`. */
    endsAt: instant("ends_at").generatedAlwaysAs(sql`least(lease_expires_at, stop_ends_at)`),
  },
  (t) => [
    // Attempts that are over, the longest first: the first chunk of `time_out_overdue_runs`.
    index("running_attempts_ends_index").on(t.endsAt),
    // The same for a tenant: `sweep_tenant`, `due_in_ms`, lists of FAILED runs.
    index("running_attempts_tenant_ends_index").on(t.tenantId, t.endsAt),
    // What a session holds: `lease_runs`, the pages of runners.
    index("running_attempts_session_index").on(t.sessionId).where(sql`session_id is not null`),
    // Webhooks of stops that are due.
    index("running_attempts_stop_index")
      .on(t.tenantId, t.nextStopDispatchAt)
      .where(sql`next_stop_dispatch_at is not null`),
    check("running_attempts_lease_check", sql`(${t.leaseSeconds} is null) = (${t.leaseExpiresAt} is null)`),
    check("running_attempts_stop_check", sql`(${t.stopRequestedAt} is null) = (${t.stopEndsAt} is null)`),
    check("running_attempts_progress_check", sql`${t.progressPercent} between 0 and 100`),
  ],
);
