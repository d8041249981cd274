/** The table of the labels of runs. */
import { sql } from "drizzle-orm";
import { check, index, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant } from "./columns.ts";
import { workflowRuns } from "./run-tables.ts";

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
