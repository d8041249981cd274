import { and, asc, desc, eq, not, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Credential } from "../../db/access.ts";
import {
  type Caller as CallerExpression,
  callerBy,
  newestDefinitions,
  type ReadableDefinitions,
  readableDefinitionsOf,
} from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import type { RunStatus } from "../../db/enums.ts";
import { instant } from "../../db/rows.ts";
import { workflowDefinitions as d, users } from "../../db/tables.ts";
import { matchesFilter, newestRuns, type RunCursor, type RunFilter, type RunsPage } from "../../runs/list-runs.ts";
import { isRunning, r, seenNow } from "../../runs/run-rows.ts";
import { type Beginning, selectBeginning } from "../beginning/beginning.ts";
import { type Caller, nameOf, requirePageCaller, selectCaller } from "../caller.ts";

/** A run in a list. `begun_at` is null until it starts. Instants are RFC 3339. */
export type ListedRun = {
  id: string;
  status: RunStatus;
  attempt: number;
  error: string | null;
  workflow_name: string;
  user_name: string;
  created_at: string;
  begun_at: string | null;
  deadline_at: string | null;
  completed_at: string | null;
};

/** A query of runs as {@link ListedRun}: join it to the runs that it is about, and order it. */
export function selectListed(db: Database, seen: ReturnType<typeof seenNow>) {
  return {
    id: r.id,
    status: seen.status,
    attempt: r.attempt,
    error: seen.error,
    workflow_name: sql<string>`${r.runSnapshot} ->> 'workflow_name'`,
    user_name: sql<string>`(${db
      .select({ name: nameOf(users) })
      .from(users)
      .where(eq(users.id, r.userId))})`,
    created_at: instant(r.createdAt),
    begun_at: sql<string | null>`${instant(r.startedAt)}`,
    deadline_at: sql<string | null>`${instant(r.deadlineAt)}`,
    completed_at: sql<string | null>`${instant(seen.completedAt)}`,
  };
}

/** How many runs are counted in each state at most: a page must not take longer, the more runs there are. */
export const MAX_COUNTED = 10_000;

export type RunsView = {
  caller: Caller;
  now: string;
  runs: ListedRun[];
  /** The cursors of the pages before and behind this one; null where there is none. */
  newer: RunCursor | null;
  older: RunCursor | null;
  /** How many runs the filter matches in each state; more than {@link MAX_COUNTED} are not counted. */
  counts: Record<RunStatus, number>;
  /** The newest workflows, in the order of their names, to filter by. One that `is_ready` can be invoked. */
  workflows: { id: string; name: string; is_ready: boolean }[];
  /** What there is to do before the first run. Null for a USER, and once there is a run. */
  beginning: Beginning | null;
};

/** How many workflows the filter offers at most. */
const MAX_CHOICES = 200;

/**
 * A page of the runs that the caller may see, newest first, how many there are in each state, and the workflows by which the
 * caller can filter them.
 * @throws Unauthenticated
 */
export async function viewRuns(db: Database, credential: Credential, page: RunsPage): Promise<RunsView> {
  const caller = callerBy(db, credential);
  const readable = readableDefinitionsOf(db, caller);
  const newest = newestRuns(db, caller, readable, page);
  const seen = seenNow(db);
  const choices = newestDefinitions(db, caller, { limit: MAX_CHOICES, offset: 0 });
  const {
    callers,
    rows,
    counted,
    workflows,
    beginnings: [beginning = null],
  } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    rows: db
      .with(caller, readable)
      .select(selectListed(db, seen))
      .from(caller)
      .crossJoinLateral(newest)
      .innerJoin(r, eq(r.id, newest.id))
      .crossJoinLateral(seen)
      .orderBy(desc(r.createdAt), desc(r.id)),
    counted: countByState(db, caller, readable, page.filter),
    workflows: db
      .with(caller)
      .select({ id: d.id, name: d.name, is_ready: sql<boolean>`${d.isActive} and ${d.runnerUrl} is not null` })
      .from(caller)
      .crossJoinLateral(choices)
      .innerJoin(d, and(eq(d.tenantId, caller.tenantId), eq(d.id, choices.id)))
      .orderBy(asc(d.name), asc(d.id)),
    beginnings: selectBeginning(db, caller),
  });
  const counts: RunsView["counts"] = { PENDING: 0, RUNNING: 0, COMPLETED: 0, FAILED: 0 };
  // The RUNNING runs that are not seen as such are overdue.
  for (const { status, total, others } of counted) {
    counts[status] += total;
    counts.FAILED += others;
  }
  return { ...requirePageCaller(callers), ...cutPage(rows, page), counts, workflows, beginning };
}

/** The states in which a run is seen as it is stored. A RUNNING one may be overdue, and is then seen as FAILED. */
const SEEN_AS_STORED = ["PENDING", "COMPLETED", "FAILED"] as const;

/**
 * How many runs match a filter in each state, whatever states the filter names. The runs of an administrator's tenant are counted,
 * or those that a USER triggered and those of the definitions that they may read: see `newestRuns`.
 */
function countByState(db: Database, caller: CallerExpression, readable: ReadableDefinitions, filter: RunFilter) {
  const stored = db
    .select({ status: sql<RunStatus>`status`.as("stored_status") })
    .from(sql`unnest(${sql.param(SEEN_AS_STORED)}::text[]) stored (status)`)
    .as("stored");
  const isOwn = eq(r.userId, caller.userId);
  const sources = [
    and(sql`${caller.isAdministrator}`, eq(r.tenantId, caller.tenantId)),
    and(sql`not ${caller.isAdministrator}`, eq(r.tenantId, caller.tenantId), isOwn),
  ];
  const ofReadable = and(eq(r.workflowDefinitionId, readable.id), not(isOwn));
  const counted = (source: SQL | undefined, status: SQL, isSeenAs: SQL) => {
    const found = db
      .select({ isSeenAs: sql<boolean>`${isSeenAs}`.as("is_seen_as") })
      .from(r)
      .where(and(source, sql`${r.status} = ${status}`, matchesFilter(filter)))
      .limit(MAX_COUNTED + 1)
      .as("found");
    return db
      .select({
        total: sql<number>`(count(*) filter (where ${found.isSeenAs}))::int`.as("total"),
        others: sql<number>`(count(*) filter (where not ${found.isSeenAs}))::int`.as("others"),
      })
      .from(found)
      .as("counted");
  };
  const columns = (status: SQL, one: ReturnType<typeof counted>) => ({
    status: sql<RunStatus>`${status}`.as("counted_status"),
    total: sql<number>`${one.total}`.as("counted_total"),
    others: sql<number>`${one.others}`.as("counted_others"),
  });
  const inState = (status: SQL, isSeenAs: SQL, states: typeof stored) =>
    [
      ...sources.map((source) => {
        const one = counted(source, status, isSeenAs);
        return db.select(columns(status, one)).from(caller).crossJoin(states).crossJoinLateral(one);
      }),
      (() => {
        const one = counted(ofReadable, status, isSeenAs);
        return db.select(columns(status, one)).from(caller).crossJoin(states).crossJoin(readable).crossJoinLateral(one);
      })(),
    ] as const;
  const running = db
    .select({ status: sql<RunStatus>`'RUNNING'::text`.as("stored_status") })
    .from(sql`(select) one`)
    .as("stored");
  const [first, second, ...rest] = [
    ...inState(sql`${stored.status}`, sql`true`, stored),
    ...inState(sql`'RUNNING'::text`, isRunning, running),
  ];
  if (!first || !second) throw new Error("There is nothing to count.");
  const all = unionAll(first, second, ...rest).as("all_counted");
  return db
    .with(caller, readable)
    .select({
      status: all.status,
      total: sql<number>`sum(${all.total})::int`,
      others: sql<number>`sum(${all.others})::int`,
    })
    .from(all)
    .groupBy(all.status);
}

const placeOf = (run: ListedRun | undefined): RunCursor | null =>
  run ? { createdAt: run.created_at, id: run.id } : null;

/** Cuts the row that shows whether there is a further page off, and finds the cursors of both neighbours. */
function cutPage(
  rows: readonly ListedRun[],
  { limit, cursor, direction = "older" }: RunsPage,
): Pick<RunsView, "runs" | "newer" | "older"> {
  const hasMore = rows.length > limit;
  const runs = direction === "older" ? rows.slice(0, limit) : rows.slice(-limit);
  // The page where one came from lies on the other side of the cursor.
  const [hasNewer, hasOlder] = direction === "older" ? [cursor !== undefined, hasMore] : [hasMore, true];
  return { runs, newer: hasNewer ? placeOf(runs[0]) : null, older: hasOlder ? placeOf(runs.at(-1)) : null };
}
