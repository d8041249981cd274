/**
 * The deletion of a workflow. A million runs may belong to it, which one transaction could not delete within its time limit. So:
 *
 * 1. `delete_definition` deletes the definition's row, its node, its triggers and the permissions, and inserts a row here. The runs and
 *    batches stay, without a foreign key. What goes through the definition's row finds them no more: a start, a lease, a runner's call.
 * 2. Every other query of runs has a condition that leaves them out: `isOfSomebody` in caller.ts, and access.sql. So nobody sees them.
 *    `test/workflows/deleted-runs.deep.test.ts` asks each operation of a run, and the lists: a new list belongs there.
 * 3. The sweep deletes them in chunks, and then the row here: `finish_deletions` in SQL. As long as there is a row, the sweep is due.
 *
 * (To mark the definition's row instead would need the same conditions, and one more in each query of definitions.) The firings of a
 * deleted trigger and the notifications of a deleted endpoint go in the same way. When a run with children is deleted, the sweep
 * updates the rows of these later. Nearly always these tables are empty.
 */
import { pgTable, uuid } from "drizzle-orm/pg-core";
import { instant } from "./columns.ts";

const idsOfDeleted = (table: string) =>
  pgTable(table, {
    id: uuid("id").primaryKey(),
    tenantId: uuid("tenant_id").notNull(),
    deletedAt: instant("deleted_at").notNull(),
  });

/** Its runs and batches may still be there. Each list of runs leaves out those of the definitions in this table: see access.sql. */
export const deletedDefinitions = idsOfDeleted("deleted_definitions");

/** Its firings may still be there. They are only found by the id of the trigger, so nobody finds them any more. */
export const deletedTriggers = idsOfDeleted("deleted_triggers");

/** Its notifications may still be there. They are shown and sent only together with the row of their endpoint, so not any more. */
export const deletedEndpoints = idsOfDeleted("deleted_endpoints");

/** A deleted run that had children. Some of their rows still lack `ended_after`, which `release_children` in SQL writes. */
export const deletedParents = idsOfDeleted("deleted_parents");
