/** Stops, retries or deletes many runs in one call. */
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { callFunction, credentialArgument, readAnswer } from "../../db/call.ts";
import { callerBy, readableDefinitionsOf } from "../../db/caller.ts";
import { changeByDeletion } from "../../db/changes.ts";
import type { Database } from "../../db/client.ts";
import { instant } from "../../db/rows.ts";
import { CLAIM_SECONDS, dispatchesSchema, type Promotion, promotionArguments } from "../../runners/dispatch.ts";
import type { StoppedRun } from "../../runners/send-dispatches.ts";
import { stoppedRunSchema } from "../change-run.ts";
import { newestRuns, type RunCursor, type RunFilter } from "../list-runs.ts";
import { changeProblem, changeRefusalSchema } from "../refusals.ts";

export const BULK_ACTIONS = ["stop", "retry", "delete"] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

/** How many runs one call changes at most. */
export const MAX_CHANGED = 1000;

/** The runs to change: those with these ids, or the next {@link MAX_CHANGED} that match a filter, newest first. */
export type Chosen = { runIds: readonly string[] } | { filter: RunFilter; cursor: RunCursor | undefined };

export type BulkChange = Promotion & {
  credential: Credential;
  action: BulkAction;
  chosen: Chosen;
  /** When true, nothing is changed; the answer only says what would be refused. */
  isDryRun: boolean;
};

export type BulkOutcome = {
  /** How many runs were found, and how many of them were changed or, in a dry run, would be changed. */
  matched: number;
  done: number;
  /** `reason` is the text with which the same change of this run alone would be refused. */
  refused: { runId: string; reason: string }[];
  /** Where the next call continues; null when no further runs match. */
  next: RunCursor | null;
  /** The data with which the runners of stopped runs are notified. */
  stopped: StoppedRun[];
};

const refusalSchema = z.object({
  run_id: z.string(),
  // The runs are changed one after the other, and the caller's key may be revoked meanwhile.
  refusal: z.union([changeRefusalSchema, z.object({ refused: z.literal("unauthenticated") })]),
});

const answerSchema = dispatchesSchema.and(
  z.object({
    tenant_id: z.string(),
    matched: z.int(),
    refusals: z.array(refusalSchema),
    stopped: z.array(stoppedRunSchema),
  }),
);

/**
 * Stops, retries or deletes runs, each with the verb for one run. Refused runs are listed, and the others are changed. All of
 * it is one statement, and so one transaction.
 * @throws Unauthenticated
 */
export async function changeRuns(db: Database, request: BulkChange): Promise<BulkOutcome> {
  const { chosen } = request;
  const { answer, next } = await ("runIds" in chosen
    ? changeNamed(db, request, chosen)
    : changeMatching(db, request, chosen));
  request.onPromoted(answer.dispatches);
  const refused = answer.refusals.map(({ run_id: runId, refusal }) => ({
    runId,
    reason:
      refusal.refused === "unauthenticated"
        ? "Your credential is no longer valid."
        : changeProblem(refusal, request.action).message,
  }));
  const done = answer.matched - refused.length;
  if (request.action === "delete" && done > 0 && !request.isDryRun) {
    request.onChanged([changeByDeletion(answer.tenant_id)]);
  }
  return { matched: answer.matched, done, refused, next, stopped: answer.stopped };
}

type Answered = { answer: z.infer<typeof answerSchema>; next: RunCursor | null };

async function changeNamed(
  db: Database,
  request: BulkChange,
  chosen: { runIds: readonly string[] },
): Promise<Answered> {
  const args = {
    credential: credentialArgument(request.credential),
    action: request.action,
    run_ids: chosen.runIds,
    statuses: null,
    is_dry_run: request.isDryRun,
    ...promotionArguments(request),
  };
  const answer = await callFunction(db, "change_runs", args, answerSchema, { onChanged: request.onChanged });
  return { answer, next: null };
}

/** Finds the runs like a list does, and changes them in the same statement. */
async function changeMatching(
  db: Database,
  request: BulkChange,
  { filter, cursor }: { filter: RunFilter; cursor: RunCursor | undefined },
): Promise<Answered> {
  const caller = callerBy(db, request.credential);
  const readable = readableDefinitionsOf(db, caller);
  const newest = newestRuns(db, caller, readable, { filter, cursor, limit: MAX_CHANGED });
  const inOrder = sql`order by ${newest.createdAt} desc, ${newest.id} desc`;
  const page = db
    .select({
      ids: sql<string[] | null>`(array_agg(${newest.id} ${inOrder}))[1:${MAX_CHANGED}]`.as("ids"),
      lastId: sql<string>`(array_agg(${newest.id} ${inOrder}))[${MAX_CHANGED}]`.as("last_id"),
      lastCreatedAt: sql`(array_agg(${newest.createdAt} ${inOrder}))[${MAX_CHANGED}]`.as("last_created_at"),
      hasMore: sql<boolean>`count(*) > ${MAX_CHANGED}`.as("has_more"),
    })
    .from(caller)
    .crossJoinLateral(newest)
    .as("page");
  const statuses = filter.statuses.length === 0 ? null : sql.param(filter.statuses);
  // The order is certain: columns are computed from left to right, and a subquery with LIMIT is computed before the columns
  // that are selected from it.
  const done = db
    .select({
      before: sql<string>`public.last_event_id()`.as("before"),
      answer:
        sql<unknown>`public.change_runs(${credentialArgument(request.credential)}::jsonb, ${request.action}, ${page.ids},
        ${statuses}::text[], ${request.isDryRun}::boolean, ${request.graceSeconds}::integer,
        ${CLAIM_SECONDS}::integer)`.as("answer"),
      lastId: page.lastId,
      lastCreatedAt: instant(page.lastCreatedAt).as("last_at"),
      hasMore: page.hasMore,
    })
    .from(page)
    .limit(1)
    .as("done");
  const [row] = await db
    .with(caller, readable)
    .select({
      answer: done.answer,
      changes: sql<unknown>`public.changes_after(${done.before})`,
      next: { id: done.lastId, createdAt: done.lastCreatedAt },
      hasMore: done.hasMore,
    })
    .from(done);
  const answer = readAnswer({ answer: row?.answer, changes: row?.changes }, answerSchema, request.onChanged);
  return { answer, next: row?.hasMore ? row.next : null };
}
