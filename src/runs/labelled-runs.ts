/** Lists of the runs that have labels, or words in their errors. */
import { sql } from "drizzle-orm";
import type { Caller } from "../db/caller.ts";
import type { Database } from "../db/client.ts";
import type { RunStatus } from "../db/enums.ts";
import { boundsOf, type RunCursor, type RunFilter, type RunsPage } from "./run-filter.ts";

/** How many runs are looked at for a page of runs with labels: see `labelled_runs` in SQL. */
export const MAX_LOOKED_AT = 10_000;

/** True for a filter whose runs are found by {@link labelledRuns}. */
export const isLabelled = ({ labels, errorWords }: RunFilter): boolean => labels.length > 0 || errorWords !== undefined;

/**
 * Selects the ids of the runs that have all labels and the words of the error of a filter (at least one of both is given), match the
 * rest of it and that the caller may see: up to one more than the page's limit, like `newestRuns`. When 10,000 runs were looked at,
 * or 500 because of frequent words of an error, and the page is not full, there is one more row, of the last of them: its `isFound`
 * is false. `status` is the state that readers see.
 */
export const labelledRuns = (
  db: Database,
  caller: Caller,
  { filter, cursor, direction = "older", limit }: RunsPage,
) => {
  const { after, before } = boundsOf(filter);
  return db
    .select({
      id: sql<string>`labelled.id`.as("newest_id"),
      createdAt: sql<string>`labelled.created_at`.as("newest_created_at"),
      isFound: sql<boolean>`labelled.is_found`.as("newest_is_found"),
      status: sql<RunStatus>`labelled.status`.as("newest_status"),
    })
    .from(
      sql`${filter.errorWords === undefined ? sql`public.labelled_runs` : sql`public.runs_with_error`}(
        ${caller.role}, ${caller.tenantId}, ${caller.userId},
        ${filter.errorWords === undefined ? sql`` : sql`${filter.errorWords}::text,`} ${sql.param(filter.labels)}::text[],
        ${filter.statuses.length === 0 ? null : sql.param(filter.statuses)}::text[], ${filter.definitionId ?? null}::uuid,
        ${filter.userId ?? null}::uuid, ${after ?? null}::timestamptz, ${before ?? null}::timestamptz,
        ${direction === "older"}::boolean, ${cursor?.createdAt ?? null}::timestamptz, ${cursor?.id ?? null}::uuid,
        ${limit + 1}::bigint) labelled`,
    );
};

/** The part of an id that is the same for runs that were created at nearly the same time, with some of its random part. */
const KEPT_OF_ID = 24;

/**
 * The place after the last run that was looked at. The end of its id is replaced, since the caller may not be allowed to see that
 * run. The next page looks at it again, and misses none.
 */
export function placeAfter({ createdAt, id }: RunCursor, direction: RunsPage["direction"] = "older"): RunCursor {
  const end = (direction === "older" ? "f" : "0").repeat(36 - KEPT_OF_ID);
  return { createdAt, id: id.slice(0, KEPT_OF_ID) + end };
}
