/** The lists of runs on the page of a workflow: its queue and its latest runs. An open page keeps both still, as the list of runs. */
import { and, asc, desc, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Caller as CallerExpression } from "../../../db/caller.ts";
import type { Database } from "../../../db/client.ts";
import { instant } from "../../../db/rows.ts";
import { workflowDefinitions as d, users } from "../../../db/tables.ts";
import { isPending, r, seenNow } from "../../../runs/run-rows.ts";
import { nameOf } from "../../caller.ts";
import { compare, MAX_NEW, type News, type Place } from "../../runs/kit/shown.ts";
import { type ListedRun, selectListed } from "../../runs/kit/view-runs.ts";

/** The runs of a list, and what has changed since they were shown. */
export type ShownRuns = { runs: ListedRun[]; news: News };

/** The runs of each list that an open page shows; null for the list as it is now. */
export type Shown = { queue: readonly string[] | null; latest: readonly string[] | null };

export const AS_NOW: Shown = { queue: null, latest: null };

type List = { condition: SQL | undefined; order: SQL[]; limit: number };

/** The PENDING runs, in the order of the queue. The first one is next, unless keys take turns. */
const QUEUE: List = { condition: isPending, order: [asc(r.queuePosition), asc(r.notBefore)], limit: 20 };

/** The last runs, newest first. */
const LATEST: List = { condition: undefined, order: [desc(r.createdAt), desc(r.id)], limit: 10 };

/** Selects both lists, and what they are compared with. {@link toLists} reads the rows. */
export function selectLists(db: Database, caller: CallerExpression, isAsked: SQL | undefined, shown: Shown) {
  return {
    queue: selectRuns(db, caller, isAsked, QUEUE, shown.queue),
    queued: selectMatches(db, caller, isAsked, QUEUE, shown.queue),
    latest: selectRuns(db, caller, isAsked, LATEST, shown.latest),
    newest: selectMatches(db, caller, isAsked, LATEST, shown.latest),
  };
}

type Rows = { queue: ListedRun[]; queued: Place[]; latest: ListedRun[]; newest: Place[] };

export function toLists(
  { queue, queued, latest, newest }: Rows,
  shown: Shown,
): { queue: ShownRuns; latest: ShownRuns } {
  const none: News = { come: 0, gone: 0 };
  const place = new Map(shown.queue?.map((id, index) => [id, index]));
  return {
    queue:
      shown.queue === null
        ? { runs: queue, news: none }
        : {
            // A run that has started has no place in the queue any more, and stays where it is shown.
            runs: queue.toSorted((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0)),
            news: compareQueue(queue, queued),
          },
    latest: {
      runs: latest,
      news: shown.latest === null ? none : compare(latest, newest, { direction: "older", limit: LATEST.limit }),
    },
  };
}

/** New runs join the end of the queue, so they do not belong to a list that is full. */
function compareQueue(runs: readonly Place[], matching: readonly Place[]): News {
  const [known, waiting] = [new Set(runs.map(({ id }) => id)), new Set(matching.map(({ id }) => id))];
  return {
    come: runs.length < QUEUE.limit ? matching.filter(({ id }) => !known.has(id)).length : 0,
    gone: runs.filter(({ id }) => !waiting.has(id)).length,
  };
}

/** Selects the first runs of a list, or the shown ones. */
function selectRuns(
  db: Database,
  caller: CallerExpression,
  isAsked: SQL | undefined,
  { condition, order, limit }: List,
  shown: readonly string[] | null,
) {
  const seen = seenNow(db);
  const ofWorkflow = db.select({ id: sql<string>`${r.id}`.as("chosen_id") }).from(r);
  const chosen =
    shown === null
      ? ofWorkflow
          .where(and(eq(r.workflowDefinitionId, d.id), condition))
          .orderBy(...order)
          .limit(limit)
          .as("chosen")
      : ofWorkflow.where(and(eq(r.workflowDefinitionId, d.id), inArray(r.id, [...shown]))).as("chosen");
  return db
    .with(caller)
    .select(selectListed(db, seen))
    .from(caller)
    .innerJoin(d, isAsked)
    .crossJoinLateral(chosen)
    .innerJoin(r, eq(r.id, chosen.id))
    .crossJoinLateral(seen)
    .orderBy(...order);
}

/** Selects the places of the runs that belong to a list now: more than are counted as new. None when no list is kept. */
function selectMatches(
  db: Database,
  caller: CallerExpression,
  isAsked: SQL | undefined,
  { condition, order }: List,
  shown: readonly string[] | null,
) {
  const match = db
    .select({
      id: sql<string>`${r.id}`.as("match_id"),
      created_at: instant(r.createdAt).as("match_created_at"),
    })
    .from(r)
    .where(and(eq(r.workflowDefinitionId, d.id), condition))
    .orderBy(...order)
    .limit(MAX_NEW + 1)
    .as("match");
  return db
    .with(caller)
    .select({ id: match.id, created_at: match.created_at })
    .from(caller)
    .innerJoin(d, isAsked)
    .crossJoinLateral(match)
    .where(shown === null ? sql`false` : undefined);
}

/** The run whose input the form of an invoke offers. `trigger_name` is null for one that a person has invoked. */
export type LastInput = { run_id: string; created_at: string; user_name: string; trigger_name: string | null };

/** Among how many of the last runs an input is looked for. */
const LOOKED_AT = 20;

/** Selects the newest of the last runs that have an input; one that a person has invoked, if there is one. */
export function selectLastInput(db: Database, caller: CallerExpression, isAsked: SQL | undefined) {
  const last = db
    .select({
      id: sql<string>`${r.id}`.as("last_id"),
      createdAt: sql<string>`${r.createdAt}`.as("last_created_at"),
      userId: sql<string>`${r.userId}`.as("last_user_id"),
      triggerName: sql<string | null>`${r.triggeredBy} ->> 'trigger_name'`.as("last_trigger_name"),
      hasInput: sql<boolean>`${r.input} is not null`.as("last_has_input"),
    })
    .from(r)
    .where(eq(r.workflowDefinitionId, d.id))
    .orderBy(desc(r.createdAt), desc(r.id))
    .limit(LOOKED_AT)
    .as("last");
  return db
    .with(caller)
    .select({
      run_id: last.id,
      created_at: instant(last.createdAt),
      user_name: nameOf(users),
      trigger_name: last.triggerName,
    })
    .from(caller)
    .innerJoin(d, isAsked)
    .crossJoinLateral(last)
    .innerJoin(users, eq(users.id, last.userId))
    .where(sql`${last.hasInput}`)
    .orderBy(sql`${last.triggerName} is not null`, desc(last.createdAt), desc(last.id))
    .limit(1);
}
