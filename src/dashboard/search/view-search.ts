import { and, asc, desc, eq, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Credential } from "../../db/access.ts";
import {
  type Caller as CallerExpression,
  callerBy,
  isOfSomebody,
  maySeeRun,
  permittedPathsOf,
  readableDefinitionsOf,
} from "../../db/caller.ts";
import { type Database, repeatable } from "../../db/client.ts";
import type { PartType } from "../../db/enums.ts";
import { instant, instantOrNull } from "../../db/rows.ts";
import { workflowDefinitions as d, pathParts as p, users } from "../../db/tables.ts";
import { foundRuns } from "../../runs/labelled-runs.ts";
import { newestRuns } from "../../runs/list-runs.ts";
import { NO_FILTER } from "../../runs/run-filter.ts";
import { r, seenNow } from "../../runs/run-rows.ts";
import { type Caller, nameOf, requirePageCaller, selectCaller } from "../caller.ts";
import { isSeenPerson } from "../people/kit/view-people.ts";
import type { RunState } from "../run-state.tsx";
import { stopEndsAt, suspendedAt } from "../runs/kit/view-runs.ts";
import { isExactly, matchesWords, userMatches } from "./kit/words.ts";
import { selectEndpoints, selectRunners, selectTriggers } from "./select-named.ts";

export type FoundRun = {
  id: string;
  workflow_name: string;
  error: string | null;
  created_at: string;
} & RunState;

/** The results: at most {@link MAX_FOUND} of each kind, and one more when there are more. */
export type SearchView = {
  caller: Caller;
  now: string;
  /** Found by their ids, or by the end of their ids. */
  runs: FoundRun[];
  /** With the label that was typed: `key:value`. */
  labelled: FoundRun[];
  workflows: { id: string; name: string }[];
  triggers: { id: string; name: string; workflow_name: string }[];
  /** The keys of runners, and the runners that may lease runs. */
  runners: { id: string; name: string }[];
  endpoints: { id: string; name: string }[];
  people: { id: string; name: string; email: string | null }[];
  files: { id: string; path: string; type: PartType }[];
  /** Found by words of their errors. */
  failures: FoundRun[];
};

export const MAX_FOUND = 5;

/** In characters. A shorter text would match nearly everything. */
export const MIN_LENGTH = 2;

/** How many rows with matching words are examined at most. Whether the caller may see them is checked afterwards. */
const MAX_CANDIDATES = 500;

/** How many characters of the end of an id are indexed. */
const ID_END = 4;

/**
 * Finds runs, workflows, users and files that the caller may see. An index is used for each kind, so that the time does not
 * grow with the amount of data.
 * @throws Unauthenticated
 */
export async function viewSearch(db: Database, credential: Credential, text: string): Promise<SearchView> {
  const caller = callerBy(db, credential);
  const limit = MAX_FOUND + 1;
  if (text.length < MIN_LENGTH) {
    const callers = await repeatable(db).select(selectCaller(db, caller));
    return {
      ...requirePageCaller(callers),
      runs: [],
      labelled: [],
      workflows: [],
      triggers: [],
      runners: [],
      endpoints: [],
      people: [],
      files: [],
      failures: [],
    };
  }
  const { callers, ...found } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    runs: selectRunsById(db, caller, text).limit(limit),
    labelled: selectLabelled(db, caller, text).limit(limit),
    workflows: selectWorkflows(db, caller, text).limit(limit),
    triggers: selectTriggers(db, caller, text).limit(limit),
    runners: selectRunners(db, caller, text).limit(limit),
    endpoints: selectEndpoints(db, caller, text).limit(limit),
    people: db
      .with(caller)
      .select({ id: users.id, name: nameOf(users), email: users.email })
      .from(caller)
      .innerJoin(users, and(userMatches(caller, text), isSeenPerson(caller)))
      .orderBy(...isExactly(users.email, text), asc(nameOf(users)), asc(users.id))
      .limit(limit),
    files: selectFiles(db, caller, text).limit(limit),
    failures: selectFailures(db, caller, text).limit(limit),
  });
  return { ...requirePageCaller(callers), ...found };
}

/** `is true` keeps the planner from using the indexes by tenant: the index on the ends of ids finds far fewer rows. */
const isOfTenant = (caller: CallerExpression) => sql`(${r.tenantId} = ${caller.tenantId}) is true`;

/** The newest runs with a label. A text that is no label finds none. */
function selectLabelled(db: Database, caller: CallerExpression, text: string) {
  const seen = seenNow(db);
  const page = { filter: { ...NO_FILTER, labels: [text] }, cursor: undefined, limit: MAX_FOUND };
  const newest = foundRuns(db, caller, page).as("newest");
  return db
    .with(caller)
    .select(foundRun(db, seen))
    .from(caller)
    .crossJoinLateral(newest)
    .innerJoin(r, and(sql`${newest.isFound}`, eq(r.id, newest.id)))
    .crossJoinLateral(seen)
    .orderBy(desc(r.createdAt), desc(r.id));
}

/** An administrator's workflows are found by the index of words. A USER's are searched among those that they may read. */
function selectWorkflows(db: Database, caller: CallerExpression, text: string) {
  const readable = readableDefinitionsOf(db, caller);
  const isFound = matchesWords(caller, d.tenantId, d.name, text);
  const candidate = db
    .select({ id: sql<string>`${d.id}`.as("candidate_id") })
    .from(d)
    .where(and(sql`${caller.isAdministrator}`, isFound))
    .limit(MAX_CANDIDATES)
    .as("candidate");
  const found = unionAll(
    db.select({ id: candidate.id }).from(caller).crossJoinLateral(candidate),
    db
      .select({ id: sql<string>`${d.id}`.as("candidate_id") })
      .from(caller)
      .crossJoin(readable)
      .innerJoin(d, and(eq(d.id, readable.id), isFound)),
  ).as("found");
  return db
    .with(caller, readable)
    .select({ id: d.id, name: d.name })
    .from(caller)
    .crossJoin(found)
    .innerJoin(d, and(eq(d.tenantId, caller.tenantId), eq(d.id, found.id)))
    .orderBy(...isExactly(d.name, text), asc(d.name), asc(d.id));
}

function selectRunsById(db: Database, caller: CallerExpression, text: string) {
  const seen = seenNow(db);
  return db
    .with(caller)
    .select(foundRun(db, seen))
    .from(caller)
    .innerJoin(r, and(isOfTenant(caller), hasId(text), maySeeRun(caller, r)))
    .crossJoinLateral(seen)
    .orderBy(desc(r.createdAt), desc(r.id));
}

const foundRun = (db: Database, seen: ReturnType<typeof seenNow>) => ({
  id: r.id,
  status: seen.status,
  workflow_name: sql<string>`${r.runSnapshot} ->> 'workflow_name'`,
  error: seen.error,
  created_at: instant(r.createdAt),
  taken_at: instantOrNull(r.dispatchedAt),
  stop_ends_at: stopEndsAt(db),
  suspended_at: suspendedAt(seen),
});

/**
 * True for a run that has this id, or whose id ends with it. The shown short form of an id may be searched with its leading
 * dots.
 */
function hasId(text: string): SQL | undefined {
  const id = text.toLowerCase().replace(/^(…|\.\.\.)/, "");
  if (/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(id)) return eq(r.id, id);
  if (!/^[0-9a-f-]*[0-9a-f]{4}$/.test(id) || id.length > 36) return sql`false`;
  return and(
    sql`right(${r.id}::text, ${sql.raw(String(ID_END))}) = ${id.slice(-ID_END)}`,
    sql`${r.id}::text like ${`%${id}`}`,
  );
}

function selectFiles(db: Database, caller: CallerExpression, text: string) {
  const permitted = permittedPathsOf(db, caller);
  const isFile = sql`${p.partType} <> 'WORKFLOW_DEFINITION'`;
  // A text that begins with "/" is searched as the beginning of a path. U+10FFFF is the greatest character, so it ends the
  // range.
  const found = text.startsWith("/")
    ? and(
        eq(p.tenantId, caller.tenantId),
        sql`${p.materializedPath} >= ${text} and ${p.materializedPath} < ${`${text}\u{10FFFF}`}`,
      )
    : matchesWords(caller, p.tenantId, p.name, text);
  const candidate = db
    .select({ id: sql<string>`${p.id}`.as("candidate_id") })
    .from(p)
    .where(and(found, isFile))
    .limit(MAX_CANDIDATES)
    .as("candidate");
  return db
    .with(caller, permitted)
    .select({ id: p.id, path: sql<string>`${p.materializedPath}`, type: p.partType })
    .from(caller)
    .crossJoinLateral(candidate)
    .innerJoin(p, and(eq(p.tenantId, caller.tenantId), eq(p.id, candidate.id)))
    .where(
      sql`public.is_permitted(${caller.role}, (select ${permitted.readable} from ${permitted}), ${p.materializedPath})`,
    )
    .orderBy(...isExactly(p.name, text), asc(sql`length(${p.materializedPath})`), asc(p.materializedPath));
}

/**
 * Failed runs by words of their errors. The newest runs are searched first: when an error is frequent, its newest runs are
 * wanted. When it is rare, the index finds its runs, however old they are.
 */
function selectFailures(db: Database, caller: CallerExpression, text: string) {
  const readable = readableDefinitionsOf(db, caller);
  const seen = seenNow(db);
  const filter = { ...NO_FILTER, statuses: ["FAILED" as const] };
  const newest = newestRuns(db, caller, readable, { filter, cursor: undefined, limit: MAX_CANDIDATES });
  const byWords = db
    .select({ id: sql<string>`${r.id}`.as("candidate_id") })
    .from(r)
    .where(
      and(
        matchesWords(caller, r.tenantId, r.error, text),
        sql`${r.error} is not null and ${r.endedBy} <> 'DEADLINE'`,
        isOfSomebody(r),
      ),
    )
    .limit(MAX_CANDIDATES)
    .as("by_words");
  const candidate = unionAll(
    db
      .select({ id: sql<string>`${newest.id}`.as("candidate_id") })
      .from(caller)
      .crossJoinLateral(newest),
    db.select({ id: byWords.id }).from(caller).crossJoinLateral(byWords),
  ).as("candidate");
  const distinct = db.selectDistinct({ id: candidate.id }).from(candidate).as("candidates");
  return db
    .with(caller, readable)
    .select(foundRun(db, seen))
    .from(caller)
    .crossJoin(distinct)
    .innerJoin(r, eq(r.id, distinct.id))
    .crossJoinLateral(seen)
    .where(and(matchesWords(caller, r.tenantId, seen.error, text), maySeeRun(caller, r)))
    .orderBy(desc(r.createdAt), desc(r.id));
}
