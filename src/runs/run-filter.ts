/** Which runs of a tenant a list has. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { FailureCode, RunStatus } from "../db/enums.ts";
import { r } from "./run-rows.ts";

/** The last run of the previous page, identified by when it was created and its id. */
export type RunCursor = { createdAt: string; id: string };

/** Why a PENDING run waits, as a list can be filtered: `waits` of `run_filter` in SQL. */
export const FILTERED_WAITS = ["suspended", "paused", "no_runner", "delayed", "back_off", "queue"] as const;

/** The trigger of runs that no trigger has triggered. */
export const BY_A_PERSON = "person";

/** Further conditions of a filter, as `run_filter` in SQL judges them. Of each list, one has to hold. */
export type MoreConditions = {
  definition_ids?: readonly string[];
  failure_codes?: readonly FailureCode[];
  /** Hashes of fingerprints: `error_fingerprint` in SQL. */
  alike?: readonly string[];
  /** Ids of triggers, or {@link BY_A_PERSON}. */
  triggers?: readonly string[];
  waits?: readonly (typeof FILTERED_WAITS)[number][];
  /** Not a list: only children of this run. */
  parent_run_id?: string;
};

export type RunFilter = {
  statuses: readonly RunStatus[];
  definitionId: string | undefined;
  userId: string | undefined;
  createdAfter: string | undefined;
  createdBefore: string | undefined;
  /** Only runs that were created within the last so many seconds. It cannot be combined with `createdAfter`. */
  withinSeconds?: number | undefined;
  /** `key:value`: only runs that have all of these labels. */
  labels: readonly string[];
  /** Only runs of this batch. */
  batchId?: string | undefined;
  /** Only FAILED runs whose errors have words that begin with each of these. */
  errorWords?: string | undefined;
  more?: MoreConditions | undefined;
};

/** All runs. */
export const NO_FILTER: RunFilter = {
  statuses: [],
  definitionId: undefined,
  userId: undefined,
  createdAfter: undefined,
  createdBefore: undefined,
  labels: [],
};

/** The request of one page of the tenant's runs. */
export type RunsPage = {
  filter: RunFilter;
  cursor: RunCursor | undefined;
  /** Whether the page comes before or after the cursor, in a list that begins with the newest run. */
  direction?: "older" | "newer";
  limit: number;
};

/** The same around a run whose place only the database knows. */
export type PageAround = Omit<RunsPage, "cursor"> & { cursor: { createdAt: string | SQL; id: string } | undefined };

/** The smallest id. */
export const FIRST_ID = "00000000-0000-0000-0000-000000000000";

/** The states in which runs of a filter are: those that it names, or that its other conditions imply. None for all. */
export function statesOf({ statuses, errorWords, more }: RunFilter): readonly RunStatus[] {
  if (errorWords !== undefined || more?.failure_codes || more?.alike) return ["FAILED"];
  return more?.waits ? ["PENDING"] : statuses;
}

/** The bounds for when runs were created; undefined means no bound. */
export const boundsOf = ({ createdAfter, createdBefore, withinSeconds }: RunFilter) => ({
  after:
    withinSeconds === undefined
      ? createdAfter && sql`${createdAfter}::timestamptz`
      : sql`(statement_timestamp() - make_interval(secs => ${withinSeconds}::int))`,
  before: createdBefore && sql`${createdBefore}::timestamptz`,
});

/** True for a run `r` that matches a filter, whatever its state and its labels. */
export function matchesFilter(filter: RunFilter): SQL | undefined {
  const { after, before } = boundsOf(filter);
  return and(
    filter.definitionId === undefined ? undefined : eq(r.workflowDefinitionId, filter.definitionId),
    filter.userId === undefined ? undefined : eq(r.userId, filter.userId),
    after ? sql`${r.createdAt} > ${after}` : undefined,
    before ? sql`${r.createdAt} < ${before}` : undefined,
  );
}
