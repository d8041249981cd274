/** Lists of the runs of a batch. */
import { sql } from "drizzle-orm";
import type { Caller } from "../../db/caller.ts";
import type { Database } from "../../db/client.ts";
import type { RunStatus } from "../../db/enums.ts";
import { boundsOf, type RunsPage } from "../run-filter.ts";

/**
 * Selects the ids of the runs of a batch that match the rest of a filter and that the caller may see: up to one more than the page's
 * limit, like `newestRuns`. `status` is the state that readers see. A batch has 500 runs at most, so all of them are looked at.
 */
export const batchRuns = (db: Database, caller: Caller, { filter, cursor, direction = "older", limit }: RunsPage) => {
  const { after, before } = boundsOf(filter);
  return db
    .select({
      id: sql<string>`of_batch.id`.as("newest_id"),
      createdAt: sql<string>`of_batch.created_at`.as("newest_created_at"),
      isFound: sql<boolean>`true`.as("newest_is_found"),
      status: sql<RunStatus>`of_batch.status`.as("newest_status"),
    })
    .from(
      sql`public.batch_runs(${caller.role}, ${caller.tenantId}, ${caller.userId}, ${filter.batchId}::uuid,
        ${sql.param(filter.labels)}::text[], ${filter.statuses.length === 0 ? null : sql.param(filter.statuses)}::text[],
        ${filter.definitionId ?? null}::uuid, ${filter.userId ?? null}::uuid, ${after ?? null}::timestamptz,
        ${before ?? null}::timestamptz, ${direction === "older"}::boolean, ${cursor?.createdAt ?? null}::timestamptz,
        ${cursor?.id ?? null}::uuid, ${limit + 1}::bigint, ${filter.errorWords ?? null}::text) of_batch`,
    );
};
