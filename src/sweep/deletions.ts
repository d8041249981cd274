/** What the sweep is still deleting of deleted workflows and triggers: `finish_deletions` in SQL. */
import { inArray, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Database } from "../db/client.ts";
import { deletedDefinitions, deletedTriggers } from "../db/deletion-tables.ts";
import { secondsSince } from "../db/rows.ts";
import { r } from "../runs/run-rows.ts";
import { countRuns } from "./sweep-state.ts";

export type Deletions = {
  workflows: number;
  triggers: number;
  /** Runs of these workflows, counted up to 10,000. */
  runs: number;
  /** Since the first of them was deleted; null when there is none. */
  seconds: number | null;
};

/** Selects {@link Deletions} of a tenant, or of all. */
export function selectDeletions(db: Database, tenantId?: SQL) {
  const [definition, trigger] = [deletedDefinitions, deletedTriggers];
  const isOfTenant = ({ tenantId: id }: typeof definition | typeof trigger) => tenantId && sql`${id} = ${tenantId}`;
  const rowsOf = (table: typeof definition | typeof trigger, isWorkflow: boolean) =>
    db
      .select({ isWorkflow: sql<boolean>`${sql.raw(String(isWorkflow))}`.as("is_workflow"), at: table.deletedAt })
      .from(table)
      .where(isOfTenant(table));
  const deleted = unionAll(rowsOf(definition, true), rowsOf(trigger, false)).as("deleted");
  const ids = db.select({ id: definition.id }).from(definition).where(isOfTenant(definition));
  return db
    .select({
      workflows: sql<number>`(count(*) filter (where ${deleted.isWorkflow}))::int`.as("workflows"),
      triggers: sql<number>`(count(*) filter (where not ${deleted.isWorkflow}))::int`.as("triggers"),
      runs: countRuns(db, inArray(r.workflowDefinitionId, ids)).as("runs"),
      seconds: secondsSince(sql`min(${deleted.at})`).as("seconds"),
    })
    .from(deleted);
}
