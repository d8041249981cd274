import { and, desc, eq, sql } from "drizzle-orm";
import type { Credential } from "../../db/access.ts";
import { callerBy, maySeeDefinition, maySeeRun, readableDefinitionsOf } from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import { runBatches as b } from "../../db/label-and-batch-tables.ts";
import { workflowDefinitions as d, users } from "../../db/tables.ts";
import type { Batch } from "../../runs/batches/find-batch.ts";
import { newestRuns } from "../../runs/list-runs.ts";
import { NO_FILTER } from "../../runs/run-filter.ts";
import { r, seenNow } from "../../runs/run-rows.ts";
import { type Caller, nameOf, requirePageCaller, selectCaller } from "../caller.ts";
import { type ListedRun, selectListed } from "../runs/kit/view-runs.ts";

/** How many of its runs the page of a batch lists. */
const MAX_LISTED = 25;

/** A batch with all data of its page. */
export type ViewedBatch = Batch & {
  user_name: string;
  workflow: { name: string; is_visible: boolean };
  idempotency_key: string | null;
  /** Those of its runs that were triggered last. */
  runs: ListedRun[];
};

/**
 * A batch as it stands now. It is null when it does not exist or the caller may not see it.
 * @throws Unauthenticated
 */
export async function viewBatch(
  db: Database,
  credential: Credential,
  id: string,
): Promise<{ caller: Caller; now: string; batch: ViewedBatch | null }> {
  const caller = callerBy(db, credential);
  const readable = readableDefinitionsOf(db, caller);
  const filter = { ...NO_FILTER, batchId: id };
  const newest = newestRuns(db, caller, readable, { filter, cursor: undefined, limit: MAX_LISTED - 1 });
  const seen = seenNow(db);
  const {
    callers,
    batches: [found],
    runs,
  } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    batches: db
      .with(caller)
      .select({
        shown: sql<Batch>`public.batch_response(${b.id}, statement_timestamp())`,
        user_name: sql<string>`(${db
          .select({ name: nameOf(users) })
          .from(users)
          .where(eq(users.id, b.userId))})`,
        workflow: { name: d.name, is_visible: maySeeDefinition(caller, d.id) },
        idempotency_key: b.idempotencyKey,
      })
      .from(caller)
      .innerJoin(b, and(eq(b.tenantId, caller.tenantId), eq(b.id, id), maySeeRun(caller, b)))
      .innerJoin(d, eq(d.id, b.workflowDefinitionId)),
    runs: db
      .with(caller, readable)
      .select(selectListed(db, seen))
      .from(caller)
      .crossJoinLateral(newest)
      .innerJoin(r, eq(r.id, newest.id))
      .crossJoinLateral(seen)
      .orderBy(desc(r.createdAt), desc(r.id)),
  });
  const batch = found && { ...found.shown, ...found, runs };
  return { ...requirePageCaller(callers), batch: batch ?? null };
}
