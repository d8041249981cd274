import { and, asc, desc, eq, inArray, not, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Credential } from "../../../db/access.ts";
import {
  type Caller as CallerExpression,
  callerBy,
  isOfSomebody,
  maySeeRunAmong,
  newestDefinitions,
  type ReadableDefinitions,
  readableDefinitionsOf,
} from "../../../db/caller.ts";
import { type Database, repeatable } from "../../../db/client.ts";
import type { RunStatus } from "../../../db/enums.ts";
import { runningAttempts as a } from "../../../db/lease-tables.ts";
import { instant, instantOrNull } from "../../../db/rows.ts";
import { workflowDefinitions as d } from "../../../db/tables.ts";
import { triggers as t } from "../../../db/trigger-tables.ts";
import { foundRuns, isFoundByFunction, MAX_LOOKED_AT } from "../../../runs/labelled-runs.ts";
import type { Labels } from "../../../runs/labels.ts";
import { newestRuns } from "../../../runs/list-runs.ts";
import { matchesFilter, type RunCursor, type RunFilter, type RunsPage } from "../../../runs/run-filter.ts";
import { isPending, isRunning, r, seenNow } from "../../../runs/run-rows.ts";
import { startObstacle } from "../../../workflows/workflow-definitions.ts";
import { type Beginning, selectBeginning } from "../../beginning/kit/beginning.ts";
import { type Caller, nameOfUser, requirePageCaller, selectCaller } from "../../caller.ts";
import type { RunState } from "../../run-state.tsx";
import { cutPage, keepShown } from "../list/cut-page.ts";
import { selectPeople } from "./people.ts";
import { MAX_NEW, type News } from "./shown.ts";

/** A run in a list. `begun_at` is null until it starts. Instants are RFC 3339. */
export type ListedRun = {
  id: string;
  attempt: number;
  error: string | null;
  workflow_name: string;
  user_name: string;
  created_at: string;
  begun_at: string | null;
  deadline_at: string | null;
  completed_at: string | null;
  /** Until when a PENDING run stays outside of the queue; null for one that is in it. */
  not_before: string | null;
  labels: Labels;
  priority: number;
  /** What the trigger that has triggered it was called then. Null for a run that a person has invoked. */
  trigger_name: string | null;
} & RunState;

/** Until when the runner of a RUNNING run may end its work after a stop; null when no stop was requested. */
export const stopEndsAt = (db: Database): SQL<string | null> =>
  sql<string | null>`case when ${r.status} = 'RUNNING' then (${db
    .select({ at: instant(a.stopEndsAt) })
    .from(a)
    .where(eq(a.runId, r.id))}) end`;

/** Since when a run is suspended; null when it is not. */
export const suspendedAt = (seen: ReturnType<typeof seenNow>): SQL<string | null> =>
  sql<
    string | null
  >`case when public.is_suspended(${seen.status}, ${r.suspendedAt}, ${r.notBefore}, statement_timestamp())
    then ${instant(r.suspendedAt)} end`;

/** Selects runs as {@link ListedRun}. Join the query to the runs that are wanted, and order it. */
export function selectListed(db: Database, seen: ReturnType<typeof seenNow>) {
  return {
    id: r.id,
    status: seen.status,
    attempt: r.attempt,
    error: seen.error,
    workflow_name: sql<string>`${r.runSnapshot} ->> 'workflow_name'`,
    user_name: nameOfUser(db, r.userId),
    created_at: instant(r.createdAt),
    begun_at: instantOrNull(r.startedAt),
    deadline_at: instantOrNull(r.deadlineAt),
    completed_at: instantOrNull(seen.completedAt),
    not_before: sql<string | null>`case when ${r.notBefore} > statement_timestamp() then ${instant(r.notBefore)} end`,
    labels: sql<Labels>`public.labels_of(${r.id})`,
    priority: r.priority,
    trigger_name: sql<string | null>`${r.triggeredBy} ->> 'trigger_name'`,
    taken_at: instantOrNull(r.dispatchedAt),
    stop_ends_at: stopEndsAt(db),
    suspended_at: suspendedAt(seen),
  };
}

/** How many runs are counted in each state at most, so that the page does not become slower as the number of runs grows. */
export const MAX_COUNTED = 1_000;

export type RunsView = {
  caller: Caller;
  now: string;
  runs: ListedRun[];
  /** The cursors of the previous and the next page; null when there is none. */
  newer: RunCursor | null;
  older: RunCursor | null;
  /** What has changed since the runs were shown. All zero for the list as it is now. */
  news: News;
  /** True when more runs with these labels may match than were looked at: see {@link foundRuns}. */
  isCut: boolean;
  /**
   * How many runs match the filter in each state, counted up to {@link MAX_COUNTED}. With labels, those among the newest 10,000 with
   * the rarest of them.
   */
  counts: Record<RunStatus, number>;
  /** The newest workflows, sorted by name, to filter by. `is_ready` means that the workflow can be invoked. */
  workflows: { id: string; name: string; is_ready: boolean }[];
  /** Triggers of these workflows, sorted by name, to filter by. */
  triggers: { id: string; name: string }[];
  /** The newest people of the tenant, sorted by name, to filter by. None for a USER. */
  people: { id: string; name: string }[];
  /** The steps before the first run. Null for a USER, and once the tenant has a run. */
  beginning: Beginning | null;
};

/** The most workflows, and the most people, that a form lists to choose from. */
export const MAX_CHOICES = 200;

/**
 * A page of the runs that the caller may see, newest first, how many there are in each state, and the workflows by which the
 * caller can filter them. With `shown`, it has those runs as they are now, instead of those that match now.
 * @throws Unauthenticated
 */
export async function viewRuns(
  db: Database,
  credential: Credential,
  page: RunsPage,
  shown: readonly string[] | null,
): Promise<RunsView> {
  const caller = callerBy(db, credential);
  const readable = readableDefinitionsOf(db, caller);
  const newest = newestRuns(db, caller, readable, shown === null ? page : { ...page, limit: MAX_NEW });
  const seen = seenNow(db);
  const choices = newestDefinitions(db, caller, { limit: MAX_CHOICES, offset: 0 });
  const listed = { ...selectListed(db, seen), is_found: shown === null ? newest.isFound : sql<boolean>`true` };
  const matching = db
    .with(caller, readable)
    .select({ id: newest.id, created_at: instant(newest.createdAt), is_found: newest.isFound })
    .from(caller)
    .crossJoinLateral(newest);
  const {
    callers,
    rows,
    matches,
    counted,
    workflows,
    triggers,
    people,
    beginnings: [beginning = null],
  } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    rows:
      shown === null
        ? db
            .with(caller, readable)
            .select(listed)
            .from(caller)
            .crossJoinLateral(newest)
            .innerJoin(r, eq(r.id, newest.id))
            .crossJoinLateral(seen)
            .orderBy(desc(r.createdAt), desc(r.id))
        : db
            .with(caller, readable)
            .select(listed)
            .from(caller)
            .innerJoin(
              r,
              and(eq(r.tenantId, caller.tenantId), inArray(r.id, [...shown]), maySeeRunAmong(caller, readable, r)),
            )
            .crossJoinLateral(seen)
            .orderBy(desc(r.createdAt), desc(r.id)),
    matches: shown === null ? matching.where(sql`false`) : matching,
    counted: countByState(db, caller, readable, page.filter),
    workflows: db
      .with(caller)
      .select({ id: d.id, name: d.name, is_ready: sql<boolean>`${startObstacle} is null` })
      .from(caller)
      .crossJoinLateral(choices)
      .innerJoin(d, and(eq(d.tenantId, caller.tenantId), eq(d.id, choices.id)))
      .orderBy(asc(d.name), asc(d.id)),
    triggers: db
      .with(caller)
      .select({ id: t.id, name: t.name })
      .from(caller)
      .crossJoinLateral(choices)
      .innerJoin(t, and(eq(t.tenantId, caller.tenantId), eq(t.workflowDefinitionId, choices.id)))
      .orderBy(asc(t.name), asc(t.id))
      .limit(MAX_CHOICES),
    people: selectPeople(db, caller, MAX_CHOICES),
    beginnings: selectBeginning(db, caller),
  });
  const counts: RunsView["counts"] = { PENDING: 0, RUNNING: 0, COMPLETED: 0, FAILED: 0 };
  // Runs that are stored as RUNNING or PENDING but are not seen so are overdue.
  for (const { status, total, others } of counted) {
    counts[status] += total;
    counts.FAILED += others;
  }
  const cut = shown === null ? cutPage(rows, page) : keepShown(rows, matches, page);
  return { ...requirePageCaller(callers), ...cut, counts, workflows, triggers, people, beginning };
}

/** Which of the runs that are stored in a state are seen so; all of those in another state. */
const SEEN_AS: Partial<Record<RunStatus, SQL>> = { PENDING: isPending, RUNNING: isRunning };

/**
 * Counts the runs in each state that match a filter, ignoring the filter's own states. What is counted: for an administrator,
 * the runs of the tenant; for a USER, the runs that they triggered and the runs of each definition that they may read (see
 * `newestRuns`). `others` are runs that are stored as RUNNING or PENDING and are overdue.
 *
 * Each of these parts is counted up to the limit, and only then the USER's own runs are subtracted from those of the
 * definitions. This is exact enough: when a part reaches the limit, the sum does so as well.
 */
function countByState(db: Database, caller: CallerExpression, readable: ReadableDefinitions, filter: RunFilter) {
  const isOwn = eq(r.userId, caller.userId);
  const isInTenant = eq(r.tenantId, caller.tenantId);
  const countOf = (status: RunStatus, source: SQL | undefined, isCounted: SQL, ...order: SQL[]) => {
    const found = db
      .select({
        isCounted: sql<boolean>`${isCounted}`.as("is_counted"),
        isSeenAs: sql<boolean>`${SEEN_AS[status] ?? sql`true`}`.as("is_seen_as"),
      })
      .from(r)
      // The state is a constant in the SQL text, so that the planner can use the partial index of that state.
      .where(and(source, sql`${r.status} = ${sql.raw(`'${status}'`)}`, matchesFilter(filter)))
      .orderBy(...order)
      .limit(MAX_COUNTED + 1)
      .as("found");
    const isMany = sql`count(*) > ${MAX_COUNTED}`;
    const matching = (isSeen: SQL) => sql`count(*) filter (where ${found.isCounted} and ${isSeen})`;
    return db
      .select({
        status: sql<RunStatus>`${status}::text`.as("counted_status"),
        total: sql<number>`case when ${isMany} then count(*) else ${matching(sql`${found.isSeenAs}`)} end`.as(
          "counted_total",
        ),
        others: sql<number>`${matching(sql`not ${found.isSeenAs}`)}`.as("counted_others"),
      })
      .from(found)
      .as("counted");
  };
  const partsOf = (status: RunStatus) => {
    // In the order of the index by state. Without it, the planner reads a large table from its beginning, through runs in all states. Those
    // of a definition have an index for one state only, so they would be sorted.
    const order = status in SEEN_AS ? [] : [desc(r.createdAt), desc(r.id)];
    const isAdministrator = sql`${caller.isAdministrator}`;
    const ofAll = countOf(status, and(isAdministrator, isInTenant, isOfSomebody(r)), sql`true`, ...order);
    const ofUser = and(not(isAdministrator), isInTenant, isOwn, isOfSomebody(r));
    const own = countOf(status, ofUser, sql`true`, ...order);
    const ofReadable = countOf(status, eq(r.workflowDefinitionId, readable.id), sql`not ${isOwn}`);
    const columns = ({ status, total, others }: typeof ofAll) => ({ status, total, others });
    return [
      db.select(columns(ofAll)).from(caller).crossJoinLateral(ofAll),
      db.select(columns(own)).from(caller).crossJoinLateral(own),
      db.select(columns(ofReadable)).from(caller).crossJoin(readable).crossJoinLateral(ofReadable),
    ] as const;
  };
  const [first, second, third] = partsOf("PENDING");
  const rest = (["RUNNING", "COMPLETED", "FAILED"] as const).flatMap(partsOf);
  const all = isFoundByFunction(filter)
    ? eachFound(db, caller, filter)
    : unionAll(first, second, third, ...rest).as("all_counted");
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

/** Each run that {@link foundRuns} finds for a filter, in the form in which {@link countByState} counts. */
function eachFound(db: Database, caller: CallerExpression, filter: RunFilter) {
  const page = { filter: { ...filter, statuses: [] }, cursor: undefined, limit: MAX_LOOKED_AT };
  const found = foundRuns(db, caller, page).as("each_found");
  return db
    .select({
      status: sql<RunStatus>`${found.status}`.as("counted_status"),
      total: sql<number>`1`.as("counted_total"),
      others: sql<number>`0`.as("counted_others"),
    })
    .from(caller)
    .crossJoinLateral(found)
    .where(sql`${found.isFound}`)
    .as("all_counted");
}
