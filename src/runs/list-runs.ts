import { and, count, desc, eq, not, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Credential } from "../db/access.ts";
import {
  type Caller,
  callerBy,
  maySeeDefinition,
  type ReadableDefinitions,
  readableDefinitionsOf,
  requireJoinedCaller,
} from "../db/caller.ts";
import { type Database, repeatable } from "../db/client.ts";
import { RUN_STATUSES, type RunStatus } from "../db/enums.ts";
import { workflowDefinitions as d } from "../db/tables.ts";
import { isOverdue, isRunning, type RunRow, r, runFields, seenNow } from "./run-rows.ts";

/**
 * One page of a definition's runs, newest first, and how many there are; null when there is no such definition
 * that the caller may see.
 * @throws Unauthenticated
 */
export async function listRunsOfDefinition(
  db: Database,
  credential: Credential,
  request: { definitionId: string; limit: number; offset: number },
): Promise<{ runs: RunRow[]; total: number } | null> {
  const caller = callerBy(db, credential);
  const definition = db
    .select({ id: d.id })
    .from(d)
    .where(and(eq(d.tenantId, caller.tenantId), eq(d.id, request.definitionId), maySeeDefinition(caller, d.id)))
    .as("definition");
  const isOfDefinition = eq(r.workflowDefinitionId, definition.id);
  const counted = db
    .select({ total: count().as("total") })
    .from(r)
    .where(isOfDefinition)
    .as("counted");
  const seen = seenNow(db);
  const page = db
    .select(runFields(seen))
    .from(r)
    .crossJoinLateral(seen)
    .where(isOfDefinition)
    .orderBy(desc(r.createdAt), desc(r.id))
    .limit(request.limit)
    .offset(request.offset)
    .as("page");
  const rows = await repeatable(db).select(
    db
      .with(caller)
      .select()
      .from(caller)
      .leftJoinLateral(definition, sql`true`)
      .crossJoinLateral(counted)
      .leftJoinLateral(page, sql`true`)
      .orderBy(desc(page.created_at), desc(page.id)),
  );
  const first = requireJoinedCaller(rows);
  if (first.definition === null) return null;
  return { runs: rows.flatMap((row) => row.page ?? []), total: first.counted.total };
}

/** Where a page of the tenant's runs begins: after the run that was created then and has this id. */
export type RunCursor = { createdAt: string; id: string };

export type RunFilter = {
  statuses: readonly RunStatus[];
  definitionId: string | undefined;
  userId: string | undefined;
  createdAfter: string | undefined;
  createdBefore: string | undefined;
};

/** Which runs of the tenant a page of them holds. */
export type RunsPage = { filter: RunFilter; cursor: RunCursor | undefined; limit: number };

/** Before every other id. */
const FIRST_ID = "00000000-0000-0000-0000-000000000000";

/**
 * The ids of the tenant's runs that the caller may see, newest first: one more than the page's limit, which says
 * whether there is a next page. It is for a lateral join to `caller`, in a query with both common table expressions.
 */
function newestRuns(db: Database, caller: Caller, readable: ReadableDefinitions, { filter, cursor, limit }: RunsPage) {
  const conditions = and(
    filter.definitionId === undefined ? undefined : eq(r.workflowDefinitionId, filter.definitionId),
    filter.userId === undefined ? undefined : eq(r.userId, filter.userId),
    filter.createdAfter === undefined ? undefined : sql`${r.createdAt} > ${filter.createdAfter}::timestamptz`,
    filter.createdBefore === undefined ? undefined : sql`${r.createdAt} < ${filter.createdBefore}::timestamptz`,
    cursor && sql`(${r.createdAt}, ${r.id}) < (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)`,
  );
  const isInTenant = eq(r.tenantId, caller.tenantId);
  const ofOne = filter.definitionId !== undefined;

  const select = (condition: SQL | undefined) =>
    db.select({ id: r.id, createdAt: r.createdAt }).from(r).where(and(conditions, condition)).$dynamic();
  const newest = (condition: SQL | undefined, ...first: SQL[]) =>
    select(condition)
      .orderBy(...first, desc(r.createdAt), desc(r.id))
      .limit(limit + 1);

  // A definition has one RUNNING run at most. Asked for an order, the planner reads its history to find it.
  const pageOf = (state: State, ofOneDefinition: boolean, condition: SQL | undefined) =>
    ofOneDefinition && state.kept === "in the slot"
      ? select(and(condition, state.condition))
      : newest(and(condition, state.condition));

  // Of one user or one workflow there may be hardly an ended run or nearly all, and the planner takes the average. So they
  // are asked for as a range, in an order that only an index of theirs has, and read no further than the page.
  const pageWithin = (columns: readonly SQLWrapper[], values: readonly SQLWrapper[], condition?: SQL) => {
    const [column, value] = [sql.join([...columns], sql`, `), sql.join([...values], sql`, `)];
    return newest(
      and(
        condition,
        sql`(${column}, ${r.createdAt}) > (${value}, ${filter.createdAfter ?? "-infinity"}::timestamptz)`,
        sql`(${column}, ${r.createdAt}, ${r.id}) < (${value},
          ${cursor?.createdAt ?? filter.createdBefore ?? "infinity"}::timestamptz, ${cursor?.id ?? FIRST_ID}::uuid)`,
      ),
      ...columns.map((one) => desc(one)),
    );
  };

  const ofTenant = (state: State) => pageOf(state, ofOne, and(sql`${caller.isAdministrator}`, isInTenant));
  const ofUser = (state: State) => {
    const isOwn = and(not(sql`${caller.isAdministrator}`), isInTenant);
    return state.kept === "for ever"
      ? pageWithin([r.userId, r.status], [caller.userId, state.status], isOwn)
      : pageOf(state, ofOne, and(isOwn, eq(r.userId, caller.userId)));
  };
  const ofDefinition = (state: State) =>
    state.kept === "for ever"
      ? pageWithin([r.workflowDefinitionId], [readable.id], state.condition)
      : pageOf(state, true, eq(r.workflowDefinitionId, readable.id));

  // The indexes of a tenant's and of a user's runs are by state, so that those of any state are a page of each.
  const inEachState = (pageOfState: (state: State) => ReturnType<typeof select>, state: State, isByState = true) => {
    const isAny = isByState && state === ANY_STATE;
    const page = pageOfState(isAny ? EACH_STATE : state).as("page_of_state");
    return db
      .select({ id: page.id, createdAt: page.createdAt })
      .from(isAny ? sql`unnest(${sql.param(RUN_STATUSES)}::text[]) stored (status)` : sql`(select) stored`)
      .crossJoinLateral(page)
      .$dynamic();
  };

  const ofReadable = (state: State) => {
    const page = ofDefinition(state).as("page_of_definition");
    return db.select({ id: page.id, createdAt: page.createdAt }).from(readable).crossJoinLateral(page).$dynamic();
  };

  // Each of these pages comes from an index; the newest runs of them all are the page. Together they are what
  // `may_see_run` says. The last says nothing of the tenant, since the definition does, and the planner would look the
  // tenant's runs up for each of them. Nor does it leave out one's own, which may be all that there are: a
  // run that is in two pages is taken once.
  const pagesOf = (state: State) =>
    [
      // A definition's runs of all states are in one index.
      inEachState(ofTenant, state, !ofOne),
      inEachState(ofUser, state),
      ofReadable(state),
    ] as const;

  const [first = ANY_STATE, ...others] = filter.statuses.flatMap((status) => STORED_AS[status]);
  const [ofAll, own, ofDefinitions] = pagesOf(first);
  // Not `union`: with it the planner reads all failed runs of the tenant and sorts them.
  const all = unionAll(ofAll, own, ofDefinitions, ...others.flatMap(pagesOf)).as("found");
  return db
    .selectDistinctOn([all.createdAt, all.id])
    .from(all)
    .orderBy(desc(all.createdAt), desc(all.id))
    .limit(limit + 1)
    .as("newest");
}

/**
 * As {@link listRuns}, for statements without drizzle's builder that begin with `principal`, `readableDefinitions` and
 * `callerTables`: a query of all columns of the runs.
 */
export function selectRuns(db: Database, credential: Credential, page: RunsPage): SQL {
  const caller = callerBy(db, credential);
  const newest = newestRuns(db, caller, readableDefinitionsOf(db, caller), page);
  return sql`select r.* from caller cross join lateral ${newest} join workflow_runs r on r.id = ${newest.id}`;
}

/** The page among the rows of {@link selectRuns}, and where the next one begins, if there is one. */
export function cutPage<Row extends { created_at: string; id: string }>(
  rows: readonly Row[],
  limit: number,
): { runs: Row[]; next: RunCursor | null } {
  const runs = rows.slice(0, limit);
  const last = runs.at(-1);
  return { runs, next: rows.length > limit && last ? { createdAt: last.created_at, id: last.id } : null };
}

/**
 * The tenant's runs that the caller may see, newest first: `limit` of them, and where the next page begins, if
 * there is one.
 * @throws Unauthenticated
 */
export async function listRuns(
  db: Database,
  credential: Credential,
  request: RunsPage,
): Promise<{ runs: RunRow[]; next: RunCursor | null }> {
  const caller = callerBy(db, credential);
  const readable = readableDefinitionsOf(db, caller);
  const newest = newestRuns(db, caller, readable, request);
  const seen = seenNow(db);
  const page = db
    .select(runFields(seen))
    .from(newest)
    .innerJoin(r, eq(r.id, newest.id))
    .crossJoinLateral(seen)
    .as("page");
  const rows = await repeatable(db).select(
    db
      .with(caller, readable)
      .select()
      .from(caller)
      .leftJoinLateral(page, sql`true`)
      .orderBy(desc(page.created_at), desc(page.id)),
  );
  requireJoinedCaller(rows);
  const runs = rows.flatMap((row) => row.page ?? []);
  return cutPage(runs, request.limit);
}

/** Rows of one state, `status` as it is stored. Those that have not ended are few, and have indexes of their own. */
type State = { condition: SQL; status: SQL; kept: "in the slot" | "in the queue" | "for ever" };

const ended = (status: SQL): State => ({ condition: sql`r.status = ${status}`, status, kept: "for ever" });
const inSlot = (condition: SQL): State => ({ condition, status: sql`'RUNNING'`, kept: "in the slot" });

const ANY_STATE: State = { ...ended(sql`r.status`), condition: sql`true` };
/** One state after the other, of a table `stored`. */
const EACH_STATE = ended(sql`stored.status`);

/** The rows that show a state: a run that is overdue is stored as RUNNING and shows as FAILED. */
const STORED_AS: Record<RunStatus, State[]> = {
  PENDING: [{ condition: sql`r.status = 'PENDING'`, status: sql`'PENDING'`, kept: "in the queue" }],
  RUNNING: [inSlot(isRunning)],
  COMPLETED: [ended(sql`'COMPLETED'`)],
  FAILED: [ended(sql`'FAILED'`), inSlot(isOverdue)],
};
