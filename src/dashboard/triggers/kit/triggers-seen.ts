import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import { type Caller, readableDefinitionsOf } from "../../../db/caller.ts";
import type { Database } from "../../../db/client.ts";
import { triggers as t } from "../../../db/trigger-tables.ts";

/** How many triggers are found at most for an administrator. */
const MAX_FOUND = 1_000;

/**
 * The subquery `found`: the triggers that the caller may see and for which a condition holds, and the common table expression that it needs.
 * Those of an administrator are found by the tenant, those of a USER by the workflows that they may read.
 */
export function triggersSeen(db: Database, caller: Caller, isFound: SQL | undefined) {
  const readable = readableDefinitionsOf(db, caller);
  const fields = {
    id: sql<string>`${t.id}`.as("found_id"),
    nextAt: sql<string | null>`${t.nextAt}`.as("found_next_at"),
    name: sql<string>`${t.name}`.as("found_name"),
  };
  const all = db
    .select(fields)
    .from(t)
    .where(and(sql`${caller.isAdministrator}`, eq(t.tenantId, caller.tenantId), isFound))
    // Of very many that are found by words, any may be among them, so that not all of them are read.
    .orderBy(...(isFound === undefined ? [asc(t.nextAt), asc(t.id)] : []))
    .limit(MAX_FOUND)
    .as("all_triggers");
  const found = unionAll(
    db.select({ id: all.id, nextAt: all.nextAt, name: all.name }).from(caller).crossJoinLateral(all),
    db
      .select(fields)
      .from(caller)
      .crossJoin(readable)
      .innerJoin(t, and(eq(t.workflowDefinitionId, readable.id), isFound)),
  ).as("found");
  return { readable, found };
}
