/** The tables of RUNNING attempts, and of the runners that lease runs. */
import { sql } from "drizzle-orm";
import { check, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { createdAt, instant } from "./columns.ts";
import { workflowRuns } from "./run-tables.ts";
import { apiKeys } from "./tables.ts";

/** The session of a runner, to which runs are leased. Its token is signed, so it is not stored. */
export const runnerSessions = pgTable(
  "runner_sessions",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    /** The key that opened the session. The session ends when the key does. */
    apiKeyId: uuid("api_key_id")
      .notNull()
      .references(() => apiKeys.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    /** The definitions whose runs the session asked for; null for all that its key may lease. */
    workflowDefinitionIds: uuid("workflow_definition_ids").array(),
    /** What the runner has: it leases the runs of a definition only if these have all of its `runner_tags`. */
    tags: text("tags").array().notNull().default(sql`'{}'`),
    /** How many runs the runner works on at the same time, at most. */
    capacity: integer("capacity").notNull(),
    createdAt: createdAt(),
    lastSeenAt: instant("last_seen_at").notNull().default(sql`statement_timestamp()`),
    expiresAt: instant("expires_at").notNull(),
  },
  (t) => [
    // Whether a tenant has an open session (`promote_waiting_runs`), and expired sessions (`open_runner_session`).
    index("runner_sessions_tenant_index").on(t.tenantId, t.expiresAt),
    // The keys of a tenant that have sessions, one after the other: `open_sessions`.
    index("runner_sessions_tenant_key_index").on(t.tenantId, t.apiKeyId),
    // The open sessions of a key: `open_sessions_of_key`. Also for the foreign key: when a key is deleted, its sessions are deleted too.
    index("runner_sessions_api_key_index").on(t.apiKeyId, t.expiresAt),
    check("runner_sessions_name_check", sql`char_length(${t.name}) between 1 and 100`),
    check("runner_sessions_tags_check", sql`cardinality(${t.tags}) <= 20`),
    check("runner_sessions_capacity_check", sql`${t.capacity} between 1 and 100`),
  ],
);

/**
 * Facts about the current attempt of a RUNNING run that are not in its row of `workflow_runs`: its lease, its progress, and a
 * stop that waits for the runner. A run that has none of these has no row. The row is deleted when the attempt ends.
 *
 * This small table exists because of the heartbeats: each update of `workflow_runs` would add an entry to each of its indexes.
 */
export const runningAttempts = pgTable(
  "running_attempts",
  {
    runId: uuid("run_id")
      .primaryKey()
      .references(() => workflowRuns.id, { onDelete: "cascade" }),
    tenantId: uuid("tenant_id").notNull(),
    attempt: integer("attempt").notNull(),
    /**
     * The session that holds the lease. Null for a run that was dispatched to a URL. It has no foreign key: whoever deletes a session would
     * lock the attempts that it holds, without the locks of their definitions and runs. So the session may be gone.
     */
    sessionId: uuid("session_id"),
    /** The `request_id` of the lease request. A repeated request with this id gets the same leases. */
    leaseRequestId: uuid("lease_request_id"),
    /**
     * By how many seconds each heartbeat extends the lease. Null, like `lease_expires_at`, while the run has no lease and only
     * its deadline limits it.
     */
    leaseSeconds: integer("lease_seconds"),
    leaseExpiresAt: instant("lease_expires_at"),
    heartbeatAt: instant("heartbeat_at"),
    progressPercent: integer("progress_percent"),
    progressMessage: text("progress_message"),
    /**
     * A requested stop that gives the runner time: when and by whom it was requested, why, and when the run ends at the latest.
     */
    stopRequestedAt: instant("stop_requested_at"),
    stopUserId: uuid("stop_user_id"),
    stopReason: text("stop_reason"),
    stopEndsAt: instant("stop_ends_at"),
    /** The webhook that asks a runner with a URL to stop: when the next try is due, and how many tries there were. */
    nextStopDispatchAt: instant("next_stop_dispatch_at"),
    stopDispatchCount: integer("stop_dispatch_count").notNull().default(0),
    /** When the runner learned of the stop: by the answer to a heartbeat, or by a webhook that it accepted. */
    stopAcknowledgedAt: instant("stop_acknowledged_at"),
    /** When the run ends, unless its deadline is earlier: see `run_as_seen`. */
    endsAt: instant("ends_at").generatedAlwaysAs(sql`least(lease_expires_at, stop_ends_at)`),
  },
  (t) => [
    // For attempts that are over, the earliest end first: the first chunk of `time_out_overdue_runs`.
    index("running_attempts_ends_index").on(t.endsAt),
    // The same for one tenant: `sweep_tenant`, `next_due_at`, and lists of FAILED runs.
    index("running_attempts_tenant_ends_index").on(t.tenantId, t.endsAt),
    // For the runs that a session holds: `lease_runs`, and the pages of runners.
    index("running_attempts_session_index").on(t.sessionId).where(sql`session_id is not null`),
    // Webhooks of stops that are due, and from one tenant with a stop to the next: `claim_stop_dispatches`, `next_in_round`.
    index("running_attempts_stop_index")
      .on(t.tenantId, t.nextStopDispatchAt)
      .where(sql`next_stop_dispatch_at is not null`),
    check("running_attempts_lease_check", sql`(${t.leaseSeconds} is null) = (${t.leaseExpiresAt} is null)`),
    check("running_attempts_stop_check", sql`(${t.stopRequestedAt} is null) = (${t.stopEndsAt} is null)`),
    check("running_attempts_progress_check", sql`${t.progressPercent} between 0 and 100`),
  ],
);
