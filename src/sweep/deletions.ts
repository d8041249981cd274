/** What the sweep is still deleting of deleted workflows, triggers and endpoints: `finish_deletions` in SQL. */
import { inArray, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Database } from "../db/client.ts";
import { deletedDefinitions, deletedEndpoints, deletedTriggers } from "../db/deletion-tables.ts";
import { secondsSince } from "../db/rows.ts";
import { r } from "../runs/run-rows.ts";
import { countRuns } from "./sweep-state.ts";

export type Deletions = {
  workflows: number;
  triggers: number;
  endpoints: number;
  /** Runs of these workflows, counted up to 10,000. */
  runs: number;
  /** Since the first of them was deleted; null when there is none. */
  seconds: number | null;
};

/** Selects {@link Deletions} of a tenant, or of all. */
export function selectDeletions(db: Database, tenantId?: SQL) {
  const definition = deletedDefinitions;
  type Deleted = typeof definition | typeof deletedTriggers | typeof deletedEndpoints;
  const isOfTenant = ({ tenantId: id }: Deleted) => tenantId && sql`${id} = ${tenantId}`;
  const rowsOf = (table: Deleted, kind: keyof Deletions) =>
    db
      .select({ kind: sql<string>`${sql.raw(`'${kind}'`)}`.as("kind"), at: table.deletedAt })
      .from(table)
      .where(isOfTenant(table));
  const deleted = unionAll(
    rowsOf(definition, "workflows"),
    rowsOf(deletedTriggers, "triggers"),
    rowsOf(deletedEndpoints, "endpoints"),
  ).as("deleted");
  const countOf = (kind: keyof Deletions) =>
    sql<number>`(count(*) filter (where ${deleted.kind} = ${kind}))::int`.as(kind);
  const ids = db.select({ id: definition.id }).from(definition).where(isOfTenant(definition));
  return db
    .select({
      workflows: countOf("workflows"),
      triggers: countOf("triggers"),
      endpoints: countOf("endpoints"),
      runs: countRuns(db, inArray(r.workflowDefinitionId, ids)).as("runs"),
      seconds: secondsSince(sql`min(${deleted.at})`).as("seconds"),
    })
    .from(deleted);
}
