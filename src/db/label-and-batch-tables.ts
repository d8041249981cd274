/**
 * The tables of the labels of runs, of the batches in which runs were triggered, of what is still to be superseded, and of the failures that
 * somebody has seen.
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { bytes, createdAt, instant } from "./columns.ts";
import { workflowRuns } from "./run-tables.ts";
import { users, workflowDefinitions } from "./tables.ts";

/** A label of a run, given with its invoke. They are in a table of their own, so that a run without labels costs nothing. */
export const workflowRunLabels = pgTable(
  "workflow_run_labels",
  {
    tenantId: uuid("tenant_id").notNull(),
    runId: uuid("run_id")
      .notNull()
      .references(() => workflowRuns.id, { onDelete: "cascade" }),
    /** `key:value`. A key has no colon. */
    label: text("label").notNull(),
    /** When the run was created. It is here, too, so that one index has the runs with a label in the order of lists. */
    createdAt: instant("created_at").notNull(),
  },
  (t) => [
    primaryKey({ name: "workflow_run_labels_pkey", columns: [t.runId, t.label] }),
    // A tenant's runs with a label, newest first: `labelled_rows`.
    index("workflow_run_labels_newest_index").on(t.tenantId, t.label, t.createdAt, t.runId),
    check("workflow_run_labels_check", sql`${t.label} ~ '^[a-z][a-z0-9_.-]{0,39}:.{1,128}$'`),
  ],
);

/** The runs of a definition that one request has triggered together. How it stands is derived from its runs: `count_batch`. */
export const runBatches = pgTable(
  "run_batches",
  {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    /** The definition, which may have been deleted: see `workflowRuns`. */
    workflowDefinitionId: uuid("workflow_definition_id").notNull(),
    userId: uuid("user_id").notNull(),
    idempotencyKey: text("idempotency_key"),
    /** Distinguishes the same request again from another one with the same key: `hash_of_runs`. */
    runsHash: bytes("runs_hash").notNull(),
    /** How many runs it has triggered, including those that were deleted since. */
    runCount: integer("run_count").notNull(),
    createdAt: createdAt(),
    /** When its last unfinished run ended or was deleted. It stays when a person retries a run later. */
    endedAt: instant("ended_at"),
  },
  (t) => [
    foreignKey({
      name: "run_batches_user_fkey",
      columns: [t.tenantId, t.userId],
      foreignColumns: [users.tenantId, users.id],
    }),
    // Unique, so that a mistake in locking becomes an error instead of a second batch.
    uniqueIndex("run_batches_idempotency_key")
      .on(t.workflowDefinitionId, t.userId, t.idempotencyKey)
      .where(sql`idempotency_key is not null`),
    // The batches of a deleted definition: `finish_deletions`.
    index("run_batches_definition_index").on(t.workflowDefinitionId, t.createdAt),
    // Old batches: `delete_old_runs`.
    index("run_batches_ended_index").on(t.endedAt).where(sql`ended_at is not null`),
    check("run_batches_run_count_check", sql`${t.runCount} between 1 and 500`),
  ],
);

/**
 * The runs of a group that are still to be superseded by a newer one, since there were more than one call ends: `supersede.sql`.
 * Nearly always this table is empty.
 */
export const supersessions = pgTable(
  "supersessions",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    tenantId: uuid("tenant_id").notNull(),
    workflowDefinitionId: uuid("workflow_definition_id").notNull(),
    /** The concurrency key of the group; null when the group is the whole definition. */
    concurrencyKey: text("concurrency_key"),
    /** The run that supersedes them, and who triggered it. */
    runId: uuid("run_id").notNull(),
    userId: uuid("user_id").notNull(),
    /** The runs of the group with a smaller `queue_position` are meant. */
    beforePosition: bigint("before_position", { mode: "number" }).notNull(),
    supersededAt: instant("superseded_at").notNull(),
  },
  (t) => [
    foreignKey({
      name: "supersessions_definition_fkey",
      columns: [t.tenantId, t.workflowDefinitionId],
      foreignColumns: [workflowDefinitions.tenantId, workflowDefinitions.id],
    }).onDelete("cascade"),
    unique("supersessions_group_key").on(t.workflowDefinitionId, t.concurrencyKey).nullsNotDistinct(),
    // What is due of a tenant: `sweep_tenant`.
    index("supersessions_tenant_index").on(t.tenantId),
  ],
);

/** Failures of a definition that are alike, which somebody has seen, with a text for the others: `alike_failures`. */
export const seenFailures = pgTable(
  "seen_failures",
  {
    tenantId: uuid("tenant_id").notNull(),
    workflowDefinitionId: uuid("workflow_definition_id")
      .notNull()
      .references(() => workflowDefinitions.id, { onDelete: "cascade" }),
    failureCode: text("failure_code").notNull(),
    /** `error_fingerprint` of their errors. */
    fingerprint: text("fingerprint").notNull(),
    userId: uuid("user_id").notNull(),
    note: text("note").notNull(),
    seenAt: instant("seen_at").notNull(),
  },
  (t) => [
    primaryKey({ name: "seen_failures_pkey", columns: [t.workflowDefinitionId, t.failureCode, t.fingerprint] }),
    foreignKey({
      name: "seen_failures_user_fkey",
      columns: [t.tenantId, t.userId],
      foreignColumns: [users.tenantId, users.id],
    }),
  ],
);
