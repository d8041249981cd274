/** Lists of the runs of a batch, with labels, with words in their errors, or with further conditions. SQL functions find these runs. */
import { type SQL, sql } from "drizzle-orm";
import type { Caller } from "../db/caller.ts";
import type { Database } from "../db/client.ts";
import type { RunStatus } from "../db/enums.ts";
import { boundsOf, type PageAround, type RunCursor, type RunFilter, type RunsPage } from "./run-filter.ts";

/** How many runs are looked at for a page of runs with labels: see `labelled_runs` in SQL. */
export const MAX_LOOKED_AT = 10_000;

/** True for a filter whose runs are found by {@link foundRuns}: by a batch, labels, words of an error, or further conditions. */
export const isFoundByFunction = ({ batchId, labels, errorWords, more }: RunFilter): boolean =>
  batchId !== undefined || labels.length > 0 || errorWords !== undefined || more !== undefined;

/**
 * Selects the ids of the runs of a filter's batch, or of those that have its labels and the words of its error, if they match the rest
 * of the filter and the caller may see them: up to one more than the page's limit, like `newestRuns`. A batch has 500 runs at most, so
 * all of them are looked at. Otherwise, when 10,000 runs were looked at, or 500 because of frequent words of an error, and the page is
 * not full, there is one more row, of the last of them: its `isFound` is false. `status` is the state that readers see.
 */
export const foundRuns = (db: Database, caller: Caller, page: PageAround) =>
  db
    .select({
      id: sql<string>`found_run.id`.as("newest_id"),
      createdAt: sql<string>`found_run.created_at`.as("newest_created_at"),
      isFound: sql<boolean>`found_run.is_found`.as("newest_is_found"),
      status: sql<RunStatus>`found_run.status`.as("newest_status"),
    })
    .from(sql`${callOf(caller, page)} found_run`);

/** The call of the SQL function that finds the runs of a page. */
function callOf({ role, tenantId, userId }: Caller, { filter, cursor, direction = "older", limit }: PageAround): SQL {
  const { after, before } = boundsOf(filter);
  const { batchId, errorWords } = filter;
  const more = sql`${filter.more ? JSON.stringify(filter.more) : null}::jsonb`;
  const caller = sql`${role}, ${tenantId}, ${userId}`;
  const rest = sql`${sql.param(filter.labels)}::text[],
    ${filter.statuses.length === 0 ? null : sql.param(filter.statuses)}::text[], ${filter.definitionId ?? null}::uuid,
    ${filter.userId ?? null}::uuid, ${after ?? null}::timestamptz, ${before ?? null}::timestamptz,
    ${direction === "older"}::boolean, ${cursor?.createdAt ?? null}::timestamptz, ${cursor?.id ?? null}::uuid,
    ${limit + 1}::bigint`;
  if (batchId !== undefined || filter.more?.parent_run_id !== undefined)
    return sql`public.batch_runs(${caller}, ${batchId ?? null}::uuid, ${rest}, ${errorWords ?? null}::text, ${more})`;
  if (errorWords !== undefined) return sql`public.runs_with_error(${caller}, ${errorWords}::text, ${rest}, ${more})`;
  return sql`public.labelled_runs(${caller}, ${rest}, ${more})`;
}

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
