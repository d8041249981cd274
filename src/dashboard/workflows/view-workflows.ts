import { and, asc, desc, eq, inArray, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Credential } from "../../db/access.ts";
import {
  type Caller as CallerExpression,
  callerBy,
  type ReadableDefinitions,
  readableDefinitionsOf,
} from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import type { RunStatus } from "../../db/enums.ts";
import { instant } from "../../db/rows.ts";
import { workflowDefinitions as d, users } from "../../db/tables.ts";
import { endsAt, isExpired, isOverdue, isPending, isRunning, r, seenNow } from "../../runs/run-rows.ts";
import { type StartObstacle, startObstacle } from "../../workflows/workflow-definitions.ts";
import { type Caller, nameOf, requirePageCaller, selectCaller } from "../caller.ts";
import type { RunState } from "../run-state.tsx";
import { stopEndsAt } from "../runs/kit/view-runs.ts";
import { matchesWords } from "../search/kit/words.ts";

/** How the latest runs of a workflow ended. */
export type Outcomes = {
  /**
   * The last {@link STRIP} ended runs, newest first: the status, and the seconds from start to end (null if the run never
   * started).
   */
  strip: [RunStatus, number | null][];
  /** How many ended runs these numbers are about: the latest ones, {@link SAMPLE} at most. */
  ended: number;
  completed: number;
  median_seconds: number | null;
};

const STRIP = 20;
const SAMPLE = 100;

/**
 * The lateral subquery `outcomes`, which computes {@link Outcomes} for a definition. It reads at most {@link SAMPLE} rows of an
 * index.
 */
export function outcomesOf(db: Database) {
  const seen = seenNow(db);
  const latest = db
    .select({
      id: r.id,
      createdAt: r.createdAt,
      status: seen.status,
      seconds: sql<number | null>`extract(epoch from ${seen.completedAt} - ${r.startedAt})::float8`.as("seconds"),
      place: sql<number>`row_number() over (order by ${r.createdAt} desc, ${r.id} desc)`.as("place"),
    })
    .from(r)
    .crossJoinLateral(seen)
    .where(
      and(
        eq(r.workflowDefinitionId, d.id),
        sql`(${inArray(r.status, ["COMPLETED", "FAILED"])} or ${isOverdue} or ${isExpired})`,
      ),
    )
    .orderBy(desc(r.createdAt), desc(r.id))
    .limit(SAMPLE)
    .as("latest");
  const isCompleted = sql`${latest.status} = 'COMPLETED'`;
  return db
    .select({
      strip: sql<Outcomes["strip"]>`coalesce(
        jsonb_agg(jsonb_build_array(${latest.status}, ${latest.seconds}) order by ${latest.createdAt} desc, ${latest.id} desc)
          filter (where ${latest.place} <= ${STRIP}), '[]')`.as("strip"),
      ended: sql<number>`count(*)::int`.as("ended"),
      completed: sql<number>`(count(*) filter (where ${isCompleted}))::int`.as("completed"),
      median_seconds: sql<number | null>`percentile_cont(0.5) within group (order by ${latest.seconds})
        filter (where ${isCompleted})`.as("median_seconds"),
    })
    .from(latest)
    .as("outcomes");
}

/** The most runs of a queue that a page counts, so that a long queue does not make it slower. */
export const MAX_QUEUED = 1000;

/** The number of runs in the queue of a definition, counted up to one more than {@link MAX_QUEUED}. A delayed run is not in it yet. */
const queuedOf = (db: Database): SQL<number> => {
  const waiting = db
    .select({ id: sql<string>`${r.id}`.as("queued_id") })
    .from(r)
    .where(
      and(
        eq(r.workflowDefinitionId, d.id),
        isPending,
        sql`(${r.queuePosition} is not null or ${r.notBefore} <= statement_timestamp())`,
      ),
    )
    .limit(MAX_QUEUED + 1)
    .as("waiting_now");
  return sql<number>`(${db.select({ queued: sql`count(*)::int` }).from(waiting)})`;
};

/** The number of runs in the slots of a definition. */
const runningOf = (db: Database): SQL<number> =>
  sql<number>`(${db
    .select({ running: sql`count(*)::int` })
    .from(r)
    .where(and(eq(r.workflowDefinitionId, d.id), isRunning))})`;

/** The run in the slots of a definition that ends first; null when all are free. */
const holderOf = (db: Database): SQL<ListedWorkflow["holder"]> =>
  sql<ListedWorkflow["holder"]>`(${db
    .select({
      holder: sql`jsonb_build_object('id', ${r.id}, 'user_name', ${nameOf(users)}, 'begun_at', ${instant(r.startedAt)},
        'deadline_at', ${instant(r.deadlineAt)}, 'status', ${r.status}, 'taken_at', ${instant(r.dispatchedAt)},
        'stop_ends_at', ${stopEndsAt(db)}, 'suspended_at', null)`,
    })
    .from(r)
    .innerJoin(users, eq(users.id, r.userId))
    .where(and(eq(r.workflowDefinitionId, d.id), isRunning))
    .orderBy(asc(endsAt))
    .limit(1)})`;

/** How the runs of a definition stand. `outcomes` is that of {@link outcomesOf}. */
export const standingOf = (db: Database, outcomes: ReturnType<typeof outcomesOf>) => ({
  queued: queuedOf(db),
  running: runningOf(db),
  max_running: d.maxRunning,
  holder: holderOf(db),
  strip: outcomes.strip,
  ended: outcomes.ended,
  completed: outcomes.completed,
  median_seconds: outcomes.median_seconds,
});

export type ListedWorkflow = Outcomes & {
  id: string;
  name: string;
  description: string | null;
  created_at: string;
  is_active: boolean;
  obstacle: StartObstacle | null;
  queued: number;
  running: number;
  max_running: number;
  holder: ({ id: string; user_name: string; begun_at: string; deadline_at: string } & RunState) | null;
};

export type WorkflowsView = { caller: Caller; now: string; total: number; workflows: ListedWorkflow[] };

/** How a list of workflows can be sorted. */
export const WORKFLOW_ORDERS = ["newest", "oldest", "name", "name_reversed"] as const;
export type WorkflowOrder = (typeof WORKFLOW_ORDERS)[number];

const ORDERS: Record<WorkflowOrder, SQL[]> = {
  newest: [desc(d.createdAt), desc(d.id)],
  oldest: [asc(d.createdAt), asc(d.id)],
  name: [asc(d.name), asc(d.id)],
  name_reversed: [desc(d.name), desc(d.id)],
};

type WorkflowsPage = {
  limit: number;
  offset: number;
  order: WorkflowOrder;
  /** Only workflows whose name has words that begin with each of these. */
  words: string;
};

/**
 * A page of the workflows that the caller may see, each with its slots, its queue and the outcomes of its latest runs.
 * @throws Unauthenticated
 */
export async function viewWorkflows(db: Database, credential: Credential, page: WorkflowsPage): Promise<WorkflowsView> {
  const caller = callerBy(db, credential);
  const readable = readableDefinitionsOf(db, caller);
  const visible = selectVisible(db, caller, readable, page).as("visible");
  const counted = visibleIds(db, caller, readable, page.words).as("counted");
  const outcomes = outcomesOf(db);
  const order = ORDERS[page.order];
  const {
    callers,
    totals: [total],
    workflows,
  } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    totals: db.with(caller, readable).select({ total: sql<number>`count(*)::int` }).from(counted),
    workflows: db
      .with(caller, readable)
      .select({
        id: d.id,
        name: d.name,
        description: d.description,
        created_at: instant(d.createdAt),
        is_active: d.isActive,
        obstacle: startObstacle,
        ...standingOf(db, outcomes),
      })
      .from(visible)
      .innerJoin(d, eq(d.id, visible.id))
      .crossJoinLateral(outcomes)
      .orderBy(...order),
  });
  return { ...requirePageCaller(callers), total: total?.total ?? 0, workflows };
}

const matches = (caller: CallerExpression, words: string) =>
  words === "" ? undefined : matchesWords(caller, d.tenantId, d.name, words);

/**
 * The ids of the definitions that the caller may see: for an administrator all of the tenant, for a USER those that they may
 * read.
 */
function visibleIds(db: Database, caller: CallerExpression, readable: ReadableDefinitions, words: string) {
  return unionAll(
    db
      .select({ id: d.id })
      .from(caller)
      .innerJoin(d, and(sql`${caller.isAdministrator}`, eq(d.tenantId, caller.tenantId), matches(caller, words))),
    db
      .select({ id: d.id })
      .from(caller)
      .crossJoin(readable)
      .innerJoin(d, and(eq(d.id, readable.id), matches(caller, words))),
  );
}

/**
 * Selects one page of these definitions. An administrator's page is a separate subquery, so that it can be read from an index.
 */
function selectVisible(
  db: Database,
  caller: CallerExpression,
  readable: ReadableDefinitions,
  { limit, offset, order, words }: WorkflowsPage,
) {
  const ofTenant = db
    .select({ id: d.id })
    .from(d)
    .where(and(sql`${caller.isAdministrator}`, eq(d.tenantId, caller.tenantId), matches(caller, words)))
    .orderBy(...ORDERS[order])
    .limit(limit + offset)
    .as("of_tenant");
  const found = unionAll(
    db.select({ id: ofTenant.id }).from(caller).crossJoinLateral(ofTenant),
    db.select({ id: readable.id }).from(readable),
  ).as("found");
  return db
    .select({ id: d.id })
    .from(caller)
    .crossJoin(found)
    .innerJoin(d, and(eq(d.id, found.id), matches(caller, words)))
    .orderBy(...ORDERS[order])
    .limit(limit)
    .offset(offset);
}
