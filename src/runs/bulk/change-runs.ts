/** Stops, retries or deletes many runs in one call. */
import { type SQLWrapper, sql } from "drizzle-orm";
import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { callerBy, readableDefinitionsOf } from "../../db/caller.ts";
import type { Database } from "../../db/client.ts";
import { RUN_STATUSES } from "../../db/enums.ts";
import { instant } from "../../db/rows.ts";
import { perform } from "../../verbs/perform.ts";
import type { VerbServices } from "../../verbs/services.ts";
import { defineVerb } from "../../verbs/verb.ts";
import { placeAfter } from "../labelled-runs.ts";
import { newestRuns } from "../list-runs.ts";
import { changeProblem, changeRefusalSchema } from "../refusals.ts";
import { type RunCursor, type RunFilter, statesOf } from "../run-filter.ts";

export const BULK_ACTIONS = ["stop", "retry", "delete"] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

/** How many runs one call changes at most. */
export const MAX_CHANGED = 1000;

/** The runs to change: those with these ids, or the next {@link MAX_CHANGED} that match a filter, newest first. */
export type Chosen = { runIds: readonly string[] } | { filter: RunFilter; cursor: RunCursor | undefined };

type BulkChange = {
  credential: Credential;
  action: BulkAction;
  chosen: Chosen;
  /** When true, nothing is changed; the answer only says what would be refused. */
  isDryRun: boolean;
  /** When more runs than that would be changed, it is a dry run. Null for no limit. */
  atMost?: number | null;
};

const previewSchema = z.object({
  /** The instant of this preview (RFC 3339), by the database's clock. Null when the SQL functions are still those of the previous release. */
  asked_at: z.string().nullable().default(null),
  runs: z.array(
    z.object({
      id: z.string(),
      workflow_name: z.string(),
      user_name: z.string(),
      trigger_name: z.string().nullable(),
      status: z.enum(RUN_STATUSES),
      created_at: z.string(),
    }),
  ),
  workflows: z.array(z.object({ id: z.string(), name: z.string(), runs: z.int() })),
});

/** What would be changed: some of the runs, and how many of each workflow. `preview_of_runs` in SQL. */
export type BulkPreview = z.infer<typeof previewSchema>;

export type BulkOutcome = {
  /** How many runs were found, and how many of them were changed or, in a dry run, would be changed. */
  matched: number;
  done: number;
  /** `reason` is the text with which the same change of this run alone would be refused. */
  refused: { runId: string; reason: string }[];
  /** Where the next call continues; null when no further runs match. */
  next: RunCursor | null;
  /** Only of a dry run, also when `atMost` has made it one. */
  preview?: BulkPreview | undefined;
};

const changedSchema = z.object({
  matched: z.int(),
  refusals: z.array(z.object({ run_id: z.string(), refusal: changeRefusalSchema })),
  next: z.object({ id: z.string(), createdAt: z.string() }).nullable().default(null),
  preview: previewSchema.optional(),
});

const changeRunsVerb = defineVerb({
  name: "change_runs",
  args: ({ action, chosen, isDryRun, atMost = null }: BulkChange) => ({
    action,
    run_ids: "runIds" in chosen ? chosen.runIds : [],
    statuses: null,
    is_dry_run: isDryRun,
    at_most: atMost,
  }),
  result: changedSchema,
});

/** The same for runs that match a filter: they are found like a list does, in the same statement. */
const changeMatchingRuns = { ...changeRunsVerb, ask: askForMatching };

/**
 * Stops, retries or deletes runs, each by the rules for one run. Refused runs are listed, and the others are changed. All of
 * it is one statement, and so one transaction.
 * @throws Unauthenticated
 */
export async function changeRuns(services: VerbServices, request: BulkChange): Promise<BulkOutcome> {
  const verb = "runIds" in request.chosen ? changeRunsVerb : changeMatchingRuns;
  const { matched, refusals, next, preview } = (await perform(services, verb, request)).result;
  const refused = refusals.map(({ run_id: runId, refusal }) => ({
    runId,
    reason: changeProblem(refusal, request.action).message,
  }));
  return { matched, done: matched - refused.length, refused, next, preview };
}

async function askForMatching(
  db: Database,
  context: string,
  { credential, action, chosen, isDryRun, atMost = null }: BulkChange,
): Promise<unknown> {
  if (!("filter" in chosen)) throw new Error("There is no filter.");
  const statuses = statesOf(chosen.filter);
  const caller = callerBy(db, credential);
  const readable = readableDefinitionsOf(db, caller);
  const newest = newestRuns(db, caller, readable, { ...chosen, limit: MAX_CHANGED });
  const found = sql`filter (where ${newest.isFound})`;
  const inOrder = (column: SQLWrapper) =>
    sql`(array_agg(${column} order by ${newest.createdAt} desc, ${newest.id} desc) ${found})`;
  const isLookedAt = sql`filter (where not ${newest.isFound})`;
  const page = db
    .select({
      ids: sql<string[] | null>`${inOrder(newest.id)}[1:${MAX_CHANGED}]`.as("ids"),
      lastId: sql<string>`${inOrder(newest.id)}[${MAX_CHANGED}]`.as("last_id"),
      lastCreatedAt: sql`${inOrder(newest.createdAt)}[${MAX_CHANGED}]`.as("last_created_at"),
      hasMore: sql<boolean>`count(*) ${found} > ${MAX_CHANGED}`.as("has_more"),
      lookedAtId: sql<string | null>`(array_agg(${newest.id}) ${isLookedAt})[1]`.as("looked_at_id"),
      lookedAtCreatedAt: sql`(array_agg(${newest.createdAt}) ${isLookedAt})[1]`.as("looked_at_created_at"),
    })
    .from(caller)
    .crossJoinLateral(newest)
    .as("page");
  // A subquery with LIMIT is computed before the columns that are selected from it, so the runs are found before they are changed.
  const [row] = await db
    .with(caller, readable)
    .select({
      answer: sql<unknown>`public.change_runs(${context}::jsonb, ${action}, ${page.ids},
        ${statuses.length === 0 ? null : sql.param(statuses)}::text[], ${isDryRun}::boolean, ${atMost}::integer)`,
      next: { id: page.lastId, createdAt: instant(page.lastCreatedAt).as("last_at") },
      hasMore: page.hasMore,
      lookedAt: { id: page.lookedAtId, createdAt: instant(page.lookedAtCreatedAt).as("looked_at") },
    })
    .from(page)
    .limit(1);
  const answer = z.looseObject({ result: z.looseObject({}).optional() }).parse(row?.answer);
  return { ...answer, ...(answer.result && { result: { ...answer.result, next: row ? nextOf(row) : null } }) };
}

/** Where the next call continues: see `foundRuns` for the last run that was looked at. */
function nextOf(page: {
  hasMore: boolean;
  next: RunCursor;
  lookedAt: { id: string | null; createdAt: string };
}): RunCursor | null {
  if (page.hasMore) return page.next;
  const { id, createdAt } = page.lookedAt;
  return id === null ? null : placeAfter({ id, createdAt });
}
