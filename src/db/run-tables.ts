/** The tables of runs. */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  json,
  jsonb,
  pgSequence,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { createdAt, instant, oneOf, plainText, transactionId, updatedAt } from "./columns.ts";
import { END_EVENT_TYPES, type EventType, type RunnerType } from "./enums.ts";
import type { RunSnapshot } from "./run-snapshot.ts";
import { users } from "./tables.ts";

/**
 * Numbers the runs that join queues. A number is drawn while the definition is locked, so within a queue the numbers are in the order in
 * which the runs joined it. The position of a run is made of its number and its priority: `priorities.sql`.
 */
export const workflowRunQueue = pgSequence("workflow_run_queue");

/** Numbers what waiting runners are told of their work (`effects_in`). It began above the ids of events, which were used before. */
export const runnerWork = pgSequence("runner_work");

export const workflowRuns = pgTable(
  "workflow_runs",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    /**
     * The definition, which may have been deleted: its runs then belong to nobody, and the sweep deletes them (`deletedDefinitions`). So
     * there is no foreign key. Whoever inserts a run holds the lock of its definition, so no run is inserted after the deletion.
     */
    workflowDefinitionId: uuid("workflow_definition_id").notNull(),
    userId: uuid("user_id").notNull(),
    runnerType: text("runner_type").$type<RunnerType>().notNull(),
    status: text("status").notNull(),
    attempt: integer("attempt").notNull().default(1),
    runSnapshot: jsonb("run_snapshot").$type<RunSnapshot>().notNull(),
    /** A JSON object, frozen like the snapshot. The type is `json` and not `jsonb`, which would write 1e308 with 309 digits. */
    input: json("input"),
    /** The trace of the invoke, from its header `traceparent` (W3C Trace Context). It is passed on to the runner. */
    traceparent: text("traceparent"),
    idempotencyKey: text("idempotency_key"),
    /** The batch that the run was triggered with: see `runBatches`. A foreign key would cost each run, also one of no batch. */
    batchId: uuid("batch_id"),
    /** The run that has triggered it with its run token: see `runChildren`. Null for all others, which pay nothing for it. */
    parentRunId: uuid("parent_run_id"),
    /** Null until a PENDING run joins its queue: see `not_before`. */
    queuePosition: bigint("queue_position", { mode: "number" }).default(sql`nextval('workflow_run_queue')`),
    /** From 0 to 9: the highest starts first. */
    priority: smallint("priority").notNull().default(0),
    /** Runs with the same key are limited together: `max_running_per_key`. Frozen; empty for a run without a key. */
    concurrencyKey: plainText("concurrency_key").notNull().default(""),
    /** The number of the slot that a RUNNING run holds. If the run has a key, also its number among those of its key. */
    slotNo: integer("slot_no"),
    keySlotNo: integer("key_slot_no"),
    startedAt: instant("started_at"),
    /**
     * When a RUNNING run ends at the latest. Of a PENDING run that is `must_start_by` of the invoke, if it had one: the run ends then,
     * unless it has started, and its start replaces the instant.
     */
    deadlineAt: instant("deadline_at"),
    completedAt: instant("completed_at"),
    error: text("error"),
    /** Why the run failed; null unless it is FAILED. */
    failureCode: text("failure_code"),
    /** What the runner reported besides the status and the error: any JSON, a text, and a JSON array. */
    output: json("output"),
    summary: text("summary"),
    artifacts: json("artifacts"),
    /** What ended the run. With it, a repeated callback is distinguished from a late one. */
    endedBy: text("ended_by"),
    /** When the next dispatch of the run is due. Null when the runner has accepted the run, and when the run is not RUNNING. */
    nextDispatchAt: instant("next_dispatch_at"),
    dispatchCount: integer("dispatch_count").notNull().default(0),
    /** Why the last dispatch failed. */
    dispatchError: text("dispatch_error"),
    dispatchedAt: instant("dispatched_at"),
    /**
     * When a PENDING run joins its queue: `start_after` of the invoke, or the end of a back-off. Null once it has joined, and for one
     * that joined at once.
     */
    notBefore: instant("not_before"),
    /** Since when a PENDING run is suspended, or a FAILED one was when it ended: `suspensions.sql`. */
    suspendedAt: instant("suspended_at"),
    /** The firing that triggered the run: `fire` in SQL. Null for a run that a person invoked. */
    triggeredBy: jsonb("triggered_by").$type<Record<string, unknown>>(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    foreignKey({
      name: "workflow_runs_user_fkey",
      columns: [t.tenantId, t.userId],
      foreignColumns: [users.tenantId, users.id],
    }),
    // The comment on each index names the queries that need it. A change of `status` adds an entry to each index that includes
    // the new state.
    //
    // For the runs in a definition's slots: `next_run`, `end_overdue_runs`. This index and the next are unique, so that a mistake
    // in locking becomes an error instead of one RUNNING run too many.
    uniqueIndex("workflow_runs_slot_no_key")
      .on(t.workflowDefinitionId, t.slotNo)
      .where(sql`status = 'RUNNING'`)
      .concurrently(),
    uniqueIndex("workflow_runs_key_slot_no_key")
      .on(t.workflowDefinitionId, t.concurrencyKey, t.keySlotNo)
      .where(sql`status = 'RUNNING' and key_slot_no is not null`)
      .concurrently(),
    // The next run of a definition's queue, and the position of a run in it: `next_run`, `find_run`.
    index("workflow_runs_queue_index").on(t.workflowDefinitionId, t.queuePosition).where(sql`status = 'PENDING'`),
    // From one definition of a tenant with PENDING runs to the next: `lock_definitions_to_lease`.
    index("workflow_runs_tenant_queue_index")
      .on(t.tenantId, t.workflowDefinitionId)
      .where(sql`status = 'PENDING'`)
      .concurrently(),
    // The same by key, when keys take turns. Runs that have not joined the queue are left out, since a key may have many of them.
    index("workflow_runs_key_turn_index")
      .on(t.workflowDefinitionId, t.concurrencyKey, t.queuePosition)
      .where(sql`status = 'PENDING' and queue_position is not null`)
      .concurrently(),
    // The PENDING runs of a definition that join its queue, in the order in which they do, and those that expire: `happened_by_time`,
    // `joining_runs`.
    index("workflow_runs_joining_index")
      .on(t.workflowDefinitionId, t.notBefore, t.createdAt, t.id)
      .where(sql`status = 'PENDING' and not_before is not null`)
      .concurrently(),
    index("workflow_runs_expiring_index")
      .on(t.workflowDefinitionId, t.deadlineAt, t.queuePosition)
      .where(sql`status = 'PENDING' and deadline_at is not null`)
      .concurrently(),
    // The PENDING runs of a definition that have begun before and are outside of its queue: in a back-off (`competing_runs`), or suspended
    // (`suspended_runs`).
    index("workflow_runs_put_back_index")
      .on(t.workflowDefinitionId, t.suspendedAt)
      .where(sql`status = 'PENDING' and queue_position is null and attempt > 1`)
      .concurrently(),
    // When something of a PENDING run is due by time, since it joins its queue or expires: of a tenant (`sweep_tenant`, `next_due_at`), of
    // all (`time_out_overdue_runs`, `promote_waiting_runs`, `deployment_due_in_ms`).
    index("workflow_runs_tenant_waiting_index")
      .on(t.tenantId, sql`least(not_before, deadline_at)`)
      .where(sql`status = 'PENDING' and least(not_before, deadline_at) is not null`)
      .concurrently(),
    index("workflow_runs_waiting_index")
      .on(sql`least(not_before, deadline_at)`)
      .where(sql`status = 'PENDING' and least(not_before, deadline_at) is not null`)
      .concurrently(),
    // Overdue runs: the first chunk of `time_out_overdue_runs`, `/readyz` and `npm run doctor`.
    index("workflow_runs_deadline_index").on(t.deadlineAt).where(sql`status = 'RUNNING'`),
    // The same for each tenant: the later chunks of `time_out_overdue_runs`, which go from tenant to tenant (`next_in_round`), and lists of
    // FAILED runs, which include the overdue ones.
    index("workflow_runs_tenant_deadline_index").on(t.tenantId, t.deadlineAt).where(sql`status = 'RUNNING'`),
    // Due dispatches of a tenant, and from one tenant with a dispatch to the next: `claim_dispatches`, `next_in_round`, `next_due_at`.
    index("workflow_runs_dispatch_index").on(t.tenantId, t.nextDispatchAt).where(sql`next_dispatch_at is not null`),
    // Those of all tenants, the longest due first: `claim_dispatches`, `deployment_due_in_ms`.
    index("workflow_runs_due_index").on(t.nextDispatchAt).where(sql`next_dispatch_at is not null`).concurrently(),
    // Idempotency keys in use: `trigger_run`, `retry_run`.
    index("workflow_runs_idempotency_index")
      .on(t.workflowDefinitionId, t.idempotencyKey)
      .where(sql`idempotency_key is not null`),
    // The runs of a batch, and whether any of them is unfinished: `batch_runs`, `end_batches`.
    index("workflow_runs_batch_index").on(t.batchId, t.status).where(sql`batch_id is not null`).concurrently(),
    // The runs that followed from a first one, each after the end of another: `may_follow`. Most runs are no such runs.
    index("workflow_runs_first_run_index")
      .on(sql`(triggered_by ->> 'first_run_id')`)
      .where(sql`triggered_by ->> 'first_run_id' is not null`)
      .concurrently(),
    // A definition's runs, newest first: its page, its list, the lists of USERs who may read it, and `finish_deletions`.
    index("workflow_runs_definition_newest_index").on(t.workflowDefinitionId, t.createdAt, t.id),
    // A definition's FAILED runs, since there may be very few of them among very many runs.
    index("workflow_runs_definition_failed_index")
      .on(t.workflowDefinitionId, t.createdAt, t.id)
      .where(sql`status = 'FAILED'`),
    // A tenant's runs in one state, newest first. A list of several states merges one page of each state: see `newestRuns`.
    index("workflow_runs_tenant_status_newest_index").on(t.tenantId, t.status, t.createdAt, t.id),
    // The same for the runs that one user triggered.
    index("workflow_runs_user_status_newest_index").on(t.tenantId, t.userId, t.status, t.createdAt, t.id),
    // Runs by the time of their end: the summary, the page Health, and from one tenant to the next `delete_old_runs`.
    index("workflow_runs_ended_index").on(t.tenantId, t.completedAt).where(sql`completed_at is not null`),
    // Those that are no children: `old_runs`, since a child is kept as long as its parent.
    index("workflow_runs_old_index")
      .on(t.tenantId, t.completedAt)
      .where(sql`completed_at is not null and parent_run_id is null`)
      .concurrently(),
    // The last characters of ids, which people copy: the search. A full id is found by the primary key.
    index("workflow_runs_id_end_index").on(sql`right(${t.id}::text, 4)`),
    // Words of the errors that runners reported: the search. Errors of deadlines are left out: they are all alike, and
    // thousands of them may be written at once.
    index("workflow_runs_error_words_index")
      .using("gin", sql`public.search_words(${t.tenantId}, ${t.error})`)
      .where(sql`error is not null and ended_by <> 'DEADLINE'`),
    // What must be true for a run in each state.
    check("workflow_runs_check", sql`public.is_consistent_run(workflow_runs)`),
  ],
);

/**
 * What happened to runs and tenants, in an order that never changes: by epoch, transaction and id. The feed shows the events of
 * a transaction once every older transaction has ended (`list_events` in SQL).
 */
export const workflowRunEvents = pgTable(
  "workflow_run_events",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    tenantId: uuid("tenant_id").notNull(),
    /** Null for an event that is not about a run. Then `attempt` is null, too. */
    runId: uuid("run_id"),
    attempt: integer("attempt"),
    type: text("type").$type<EventType>().notNull(),
    at: instant("at").notNull().default(sql`statement_timestamp()`),
    detail: jsonb("detail").$type<Record<string, unknown>>(),
    /**
     * `raise_event_epoch` changes the default. Looking the epoch up for each event would cost more than all indexes of this
     * table.
     */
    epoch: integer("epoch").notNull().default(1),
    transactionId: transactionId("xid").notNull().default(sql`pg_current_xact_id()`),
  },
  (t) => [
    // There is no foreign key to the run, since checking it took a fifth of the time of failing a run. It is not needed either:
    // whoever inserts an event holds a lock on its run, and the trigger `workflow_runs_delete_events` deletes the events of
    // deleted runs.
    // The events of a run, and those without a run: `delete_old_runs`.
    index("workflow_run_events_run_index").on(t.runId, t.id),
    // How late sweeps were: the page Health, the summary.
    index("workflow_run_events_timed_out_index").on(t.tenantId, t.at).where(sql`type = 'TIMED_OUT'`),
    // The stream of a tenant's runs: `follow_runs`.
    index("workflow_run_events_tenant_index").on(t.tenantId, t.id),
    // The feed: `list_events`.
    index("workflow_run_events_feed_index").on(t.tenantId, t.epoch, t.transactionId, t.id),
    // An attempt has one event of its end. If a verb tries to write a second one, it fails.
    uniqueIndex("workflow_run_events_end_key").on(t.runId, t.attempt).where(oneOf(sql`type`, END_EVENT_TYPES)),
    check("workflow_run_events_check", sql`public.event_is_consistent(${t.type}, ${t.runId}, ${t.attempt})`),
  ],
);

/** Facts about the log of an attempt. There is a row only for an attempt that has a log; it is deleted with the run. */
export const workflowRunLogs = pgTable(
  "workflow_run_logs",
  {
    runId: uuid("run_id")
      .notNull()
      .references(() => workflowRuns.id, { onDelete: "cascade" }),
    attempt: integer("attempt").notNull(),
    /** The total size of the entries' texts. */
    bytes: integer("bytes").notNull().default(0),
    /** True once an entry did not fit. From then on no entry is stored, except for the end of the log. */
    isCut: boolean("is_cut").notNull().default(false),
    /** True when the runner has sent the end of a log that did not fit: `store_log_entries`. */
    hasEnd: boolean("has_end").notNull().default(false),
  },
  (t) => [primaryKey({ name: "workflow_run_logs_pkey", columns: [t.runId, t.attempt] })],
);

export const workflowRunLogEntries = pgTable(
  "workflow_run_log_entries",
  {
    runId: uuid("run_id").notNull(),
    attempt: integer("attempt").notNull(),
    /** The number that the runner gave to the entry, from 0. */
    sequence: integer("sequence").notNull(),
    at: instant("at").notNull(),
    text: text("text").notNull(),
    /** Of an entry of the end: how many bytes of the log the runner has left out right before it. Null for all others. */
    omittedBytes: bigint("omitted_bytes", { mode: "number" }),
  },
  (t) => [
    primaryKey({ name: "workflow_run_log_entries_pkey", columns: [t.runId, t.attempt, t.sequence] }),
    foreignKey({
      name: "workflow_run_log_entries_log_fkey",
      columns: [t.runId, t.attempt],
      foreignColumns: [workflowRunLogs.runId, workflowRunLogs.attempt],
    }).onDelete("cascade"),
    check("workflow_run_log_entries_sequence_check", sql`${t.sequence} >= 0`),
  ],
);
