import { and, asc, count, desc, eq, not, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Credential } from "../db/access.ts";
import {
  type Caller,
  callerBy,
  isOfSomebody,
  maySeeDefinition,
  type ReadableDefinitions,
  readableDefinitionsOf,
  requireJoinedCaller,
} from "../db/caller.ts";
import { type Database, repeatable } from "../db/client.ts";
import { RUN_STATUSES, type RunStatus } from "../db/enums.ts";
import { workflowDefinitions as d } from "../db/tables.ts";
import { foundRuns, isFoundByFunction, placeAfter } from "./labelled-runs.ts";
import { boundsOf, FIRST_ID, matchesFilter, type PageAround, type RunCursor, type RunsPage } from "./run-filter.ts";
import { isExpired, isOverdue, isPending, isRunning, type RunRow, r, runFields, shownNow } from "./run-rows.ts";

/**
 * One page of a definition's runs, newest first, and the number of all of them. Null when the definition does not exist or the
 * caller may not see it.
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
  const page = db
    .select(runFields)
    .from(r)
    .crossJoinLateral(shownNow)
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

/**
 * Selects the ids of the tenant's runs that the caller may see, newest first; in the direction "newer", oldest first. It returns
 * up to one id more than the page's limit, which shows that there is a further page. With labels in the filter, the last row may
 * instead say how far was looked: see {@link foundRuns}. Use it in a lateral join to `caller`, in a query that has both common
 * table expressions.
 */
export function newestRuns(db: Database, caller: Caller, readable: ReadableDefinitions, page: PageAround) {
  const { filter, cursor, direction = "older", limit } = page;
  if (isFoundByFunction(filter)) {
    const found = foundRuns(db, caller, page).as("found_runs");
    return db.select({ id: found.id, createdAt: found.createdAt, isFound: found.isFound }).from(found).as("newest");
  }
  const isOlder = direction === "older";
  const [first, isBeyond] = isOlder ? [desc, sql`<`] : [asc, sql`>`];
  const { after, before } = boundsOf(filter);
  const place = cursor && sql`${cursor.createdAt}::timestamptz, ${cursor.id}::uuid`;
  const conditions = and(matchesFilter(filter), place && sql`(${r.createdAt}, ${r.id}) ${isBeyond} (${place})`);
  const isInTenant = eq(r.tenantId, caller.tenantId);
  const ofOne = filter.definitionId !== undefined;

  const select = (condition: SQL | undefined) =>
    db.select({ id: r.id, createdAt: r.createdAt }).from(r).where(and(conditions, condition)).$dynamic();
  const newest = (condition: SQL | undefined, ...columns: readonly SQLWrapper[]) =>
    select(condition)
      .orderBy(...[...columns, r.createdAt, r.id].map((column) => first(column)))
      .limit(limit + 1);

  // A definition has at most as many RUNNING runs as slots, so no order is needed. With an order, the planner would search the whole
  // history of the definition for them.
  const pageOf = (state: State, ofOneDefinition: boolean, condition: SQL | undefined) =>
    ofOneDefinition && state.kept === "in the slot"
      ? select(and(condition, state.condition))
      : newest(and(condition, state.condition));

  // A user or a workflow may have very few of the ended runs, or nearly all of them, while the planner assumes the average. So
  // their runs are queried as a range, in an order that only the index of the user or workflow has. Then the planner uses that
  // index, and reads no more rows than the page needs.
  const pageWithin = (columns: readonly SQLWrapper[], values: readonly SQLWrapper[], condition?: SQL) => {
    const [column, value] = [sql.join([...columns], sql`, `), sql.join([...values], sql`, `)];
    const isNewer = !isOlder && place;
    return newest(
      and(
        condition,
        isNewer
          ? sql`(${column}, ${r.createdAt}, ${r.id}) > (${value}, ${place})`
          : sql`(${column}, ${r.createdAt}) > (${value}, ${after ?? "-infinity"}::timestamptz)`,
        sql`(${column}, ${r.createdAt}, ${r.id}) < (${value},
          ${(isOlder && place) || sql`${before ?? "infinity"}::timestamptz, ${FIRST_ID}::uuid`})`,
      ),
      ...columns,
    );
  };

  // The definitions of these two pages may have been deleted. Those of the third page are there.
  const ofTenant = (state: State) =>
    pageOf(state, ofOne, and(sql`${caller.isAdministrator}`, isInTenant, isOfSomebody(r)));
  const ofUser = (state: State) => {
    const isOwn = and(not(sql`${caller.isAdministrator}`), isInTenant, isOfSomebody(r));
    return state.kept === "for ever"
      ? pageWithin([r.userId, r.status], [caller.userId, state.status], isOwn)
      : pageOf(state, ofOne, and(isOwn, eq(r.userId, caller.userId)));
  };
  const ofDefinition = (state: State) =>
    state.kept === "for ever"
      ? pageWithin([r.workflowDefinitionId], [readable.id], state.condition)
      : pageOf(state, true, eq(r.workflowDefinitionId, readable.id));

  // The indexes of a tenant's and of a user's runs begin with the state. So a list of runs in all states merges one page of
  // each state.
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

  // Merges three pages, each read from an index: the runs of an administrator's tenant, the runs that the caller triggered, and
  // the runs of definitions that the caller may read. Together they are the runs of the rule `may_see_run`.
  //
  // The third page has no condition on the tenant, since the definition decides that. With one, the planner would use an index
  // of the tenant's runs for each definition. The third page includes the caller's own runs, since these may be nearly all runs
  // of the definition. A run that is in two pages is returned once.
  const pagesOf = (state: State) =>
    [
      // One index has the runs of a definition in all states, so the states need no separate pages.
      inEachState(ofTenant, state, !ofOne),
      inEachState(ofUser, state),
      ofReadable(state),
    ] as const;

  const [state = ANY_STATE, ...others] = filter.statuses.flatMap((status) => STORED_AS[status]);
  const [ofAll, own, ofDefinitions] = pagesOf(state);
  // `union all` is used because for `union` the planner reads and sorts all failed runs of the tenant.
  const all = unionAll(ofAll, own, ofDefinitions, ...others.flatMap(pagesOf)).as("found");
  return db
    .selectDistinctOn([all.createdAt, all.id], {
      id: sql<string>`${all.id}`.as("newest_id"),
      createdAt: sql<string>`${all.createdAt}`.as("newest_created_at"),
      isFound: sql<boolean>`true`.as("newest_is_found"),
    })
    .from(all)
    .orderBy(first(all.createdAt), first(all.id))
    .limit(limit + 1)
    .as("newest");
}

/** What a page says of a run beside the contract's form of it, when it is asked for: fields of `find_details`. */
type ListedDetails = {
  run_id: string;
  attempt: number;
  started_at: string | null;
  priority: number;
  labels: Record<string, string>;
  suspended_at: string | null;
  child_key: string | null;
};

const listedDetails = sql<ListedDetails | null>`jsonb_build_object('run_id', r.id, 'attempt', r.attempt,
  'started_at', public.wire_instant(r.started_at), 'priority', r.priority, 'labels', public.labels_of(r.id), 'suspended_at',
  case when public.is_suspended(shown.status, r.suspended_at, r.not_before, statement_timestamp()) then public.wire_instant(r.suspended_at) end,
  'child_key', case when r.parent_run_id is not null then (select c.key from public.run_children c where c.run_id = r.id) end)`;

type Row = RunRow & { isFound: boolean; details: ListedDetails | null };
type Listed = { runs: RunRow[]; details: ListedDetails[]; next: RunCursor | null };

/** Removes the extra row of {@link newestRuns}, and returns the cursor of the next page, or null on the last page. */
function cutPage(rows: readonly Row[], limit: number): Listed {
  const found = rows.filter(({ isFound }) => isFound);
  const shown = found.slice(0, limit);
  const page = {
    runs: shown.map(({ isFound, details, ...run }) => run),
    details: shown.flatMap(({ details }) => details ?? []),
  };
  const lookedAt = rows.find(({ isFound }) => !isFound);
  if (lookedAt) return { ...page, next: placeAfter(placeOf(lookedAt)) };
  const last = shown.at(-1);
  return { ...page, next: found.length > limit && last ? placeOf(last) : null };
}

const placeOf = ({ created_at: createdAt, id }: RunRow): RunCursor => ({ createdAt, id });

/**
 * One page of the tenant's runs that the caller may see, newest first: up to `limit` runs, and the cursor of the next page, or
 * null on the last page. With `withDetails`, the details of each of these runs.
 * @throws Unauthenticated
 */
export async function listRuns(
  db: Database,
  credential: Credential,
  request: RunsPage & { withDetails?: boolean },
): Promise<Listed> {
  const caller = callerBy(db, credential);
  const readable = readableDefinitionsOf(db, caller);
  const newest = newestRuns(db, caller, readable, request);
  const page = db
    .select({
      ...runFields,
      isFound: newest.isFound,
      details: (request.withDetails ? listedDetails : sql<ListedDetails | null>`null::jsonb`).as("details"),
    })
    .from(newest)
    .innerJoin(r, eq(r.id, newest.id))
    .crossJoinLateral(shownNow)
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
  const found = rows.flatMap((row) => row.page ?? []);
  return cutPage(found, request.limit);
}

/** Rows of one stored state. Unfinished runs, which are in the slot or in the queue, are few and have indexes of their own. */
type State = { condition: SQL; status: SQL; kept: "in the slot" | "in the queue" | "for ever" };

const ended = (status: SQL): State => ({ condition: sql`r.status = ${status}`, status, kept: "for ever" });
const inSlot = (condition: SQL): State => ({ condition, status: sql`'RUNNING'`, kept: "in the slot" });
const inQueue = (condition: SQL): State => ({ condition, status: sql`'PENDING'`, kept: "in the queue" });

const ANY_STATE: State = { ...ended(sql`r.status`), condition: sql`true` };
/** The state of each row, from a table `stored`. */
const EACH_STATE = ended(sql`stored.status`);

/**
 * The stored states that readers see as each state. An overdue run is stored as RUNNING, or as PENDING when it has expired, and readers
 * see it as FAILED.
 */
const STORED_AS: Record<RunStatus, State[]> = {
  PENDING: [inQueue(isPending)],
  RUNNING: [inSlot(isRunning)],
  COMPLETED: [ended(sql`'COMPLETED'`)],
  FAILED: [ended(sql`'FAILED'`), inSlot(isOverdue), inQueue(isExpired)],
};
