/** The tables of the files of runs, whose content is in a bucket. */
import { sql } from "drizzle-orm";
import { bigint, check, index, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { createdAt, instant, plainText } from "./columns.ts";
import { workflowRuns } from "./run-tables.ts";

/**
 * A file of an attempt, or the reservation of one. The row is inserted before its object is put into the bucket, and is deleted before
 * the object is. So no object is without a row here or in `artifact_deletions`, and the bucket is never listed.
 */
export const workflowRunArtifacts = pgTable(
  "workflow_run_artifacts",
  {
    runId: uuid("run_id")
      .notNull()
      .references(() => workflowRuns.id, { onDelete: "cascade" }),
    /** Each upload has a new id, and so an object of its own: `artifact_key` in SQL. */
    id: uuid("id").notNull(),
    tenantId: uuid("tenant_id").notNull(),
    attempt: integer("attempt").notNull(),
    name: plainText("name").notNull(),
    contentType: text("content_type").notNull(),
    bytes: bigint("bytes", { mode: "number" }).notNull(),
    /** In hex, if the runner has sent it. The bucket has then compared it with the content. */
    sha256: text("sha256"),
    createdAt: createdAt(),
    /** When the object was complete. Null for a reservation. */
    storedAt: instant("stored_at"),
  },
  (t) => [
    // It begins with the run, so that the files of a run are found and deleted by it.
    primaryKey({ name: "workflow_run_artifacts_pkey", columns: [t.runId, t.id] }),
    uniqueIndex("workflow_run_artifacts_name_key").on(t.runId, t.attempt, t.name).where(sql`stored_at is not null`),
    // The sum of a tenant's files: `count_metrics`.
    index("workflow_run_artifacts_tenant_index").on(t.tenantId, t.bytes).where(sql`stored_at is not null`),
    // Old files, and old reservations, of which there are few: `claim_artifact_deletions`.
    index("workflow_run_artifacts_stored_index").on(t.storedAt).where(sql`stored_at is not null`),
    index("workflow_run_artifacts_reserved_index").on(t.createdAt).where(sql`stored_at is null`),
    check("workflow_run_artifacts_name_check", sql`${t.name} ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'`),
    check("workflow_run_artifacts_bytes_check", sql`${t.bytes} >= 0`),
  ],
);

/**
 * The objects that are to be deleted from the bucket. The trigger `workflow_run_artifacts_delete_objects` inserts them in the transaction
 * that deletes the row of the file, whatever deletes it.
 */
export const artifactDeletions = pgTable(
  "artifact_deletions",
  {
    key: text("key").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    /** When a sweep may delete the object. A sweep that tries it moves this, so that a failed deletion is tried again later. */
    dueAt: instant("due_at").notNull(),
  },
  (t) => [index("artifact_deletions_due_index").on(t.dueAt)],
);
