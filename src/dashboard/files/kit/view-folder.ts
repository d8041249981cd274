import { and, asc, count, eq, type SQL, sql } from "drizzle-orm";
import { type AnyPgColumn, unionAll } from "drizzle-orm/pg-core";
import type { AuditEvent } from "../../../audit/audit-events.ts";
import type { Credential } from "../../../db/access.ts";
import {
  type Caller as CallerExpression,
  callerBy,
  mayRead,
  maySeeDefinition,
  permittedPathsOf,
  requireCaller,
} from "../../../db/caller.ts";
import { type Database, repeatable } from "../../../db/client.ts";
import { isBelow } from "../../../db/columns.ts";
import { pathParts, workflowDefinitions } from "../../../db/tables.ts";
import { namedParts } from "../../../files/named-parts.ts";
import {
  isReadablePart,
  listedColumns,
  listFromTheTops,
  nodeColumns,
  orderOf,
  type PathPart,
  partColumns,
  selectPathPart,
} from "../../../files/path-parts.ts";
import { lastChanges } from "../../activity/kit/changes.tsx";
import { type Caller, selectCaller } from "../../caller.ts";

/** A workflow that names a part, or a folder above it. `letter` is the parameter that names it: `A`, `B`, `C` or `D`. */
export type Use = { id: string; name: string; letter: string; path: string };

/**
 * How many parts are below a part, at most one more than {@link MAX_BELOW}, and how many workflows that the caller may see name one of
 * them. `isCut`: not all of them were looked at, so there may be more workflows.
 */
export type Below = { parts: number; uses: number; isCut: boolean };

export type FolderView = {
  caller: Caller;
  /** Null at the top of what the caller may see. */
  part: PathPart | null;
  /** The folders above the part, from the root down, without those that the caller may not see. */
  above: { id: string; name: string }[];
  children: (PathPart & { workflowName: string | null })[];
  total: number;
  uses: Use[];
  below: Below;
  /** The part that is to be moved here, if the request names one that the caller may see. */
  moved: { id: string; name: string } | null;
  /** What an OWNER or ADMIN sees of the audit log about the part. */
  changes: AuditEvent[];
};

const MAX_USES = 50;

/** How many parts below a part are counted, and how many workflows that name one of them are looked at, so that a page costs little. */
export const MAX_BELOW = 1000;
const MAX_NAMING = 200;

/**
 * A part of the tree, its children ordered by type and name, and the workflows that use it. Without an id: the topmost parts
 * that the caller may see. Null when the part does not exist or the caller may not see it.
 * @throws Unauthenticated
 */
export async function viewFolder(
  db: Database,
  credential: Credential,
  { id, limit, offset, movedId }: { id: string | null; limit: number; offset: number; movedId?: string },
): Promise<FolderView | null> {
  const caller = callerBy(db, credential);
  const isChosen = id === null ? sql`false` : isReadablePart(caller, id, undefined);
  const listed = id === null ? listFromTheTops(db, caller, 1, undefined) : childrenOf(db, caller, isChosen);
  const above = ancestorsOf(db, caller, isChosen);
  const permitted = permittedPathsOf(db, caller);
  const {
    callers,
    parts: [part = null],
    names,
    counts: [counted],
    children,
    uses,
    belows: [below],
    movedParts: [moved = null],
    changed: [about],
  } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    parts:
      id === null
        ? db.with(caller).select(partColumns(caller, pathParts)).from(caller).innerJoin(pathParts, sql`false`)
        : selectPathPart(db, caller, id),
    names: db
      .with(caller, above)
      .select({ id: above.id, name: above.name })
      .from(above)
      .orderBy(sql`length(${above.materializedPath})`),
    counts: db.with(caller, listed).select({ total: count() }).from(listed),
    children: db
      .with(caller, permitted, listed)
      .select({
        ...listedColumns(caller, permitted, listed),
        workflowName: nameOfWorkflow(listed),
      })
      .from(caller)
      .crossJoin(listed)
      .orderBy(...orderOf(listed, "LOGICAL"))
      .limit(limit)
      .offset(offset),
    uses: usesOf(db, caller, isChosen),
    belows: countBelow(db, caller, isChosen),
    movedParts: db
      .with(caller)
      .select({ id: pathParts.id, name: pathParts.name })
      .from(caller)
      .innerJoin(pathParts, movedId === undefined ? sql`false` : isReadablePart(caller, movedId, undefined)),
    changed: db
      .with(caller)
      .select({ changes: lastChanges(caller, pathParts.id) })
      .from(caller)
      .innerJoin(pathParts, isChosen),
  });
  const view = {
    ...{ caller: requireCaller(callers), part, above: names, children, total: counted?.total ?? 0, uses, moved },
    changes: about?.changes ?? [],
    below: {
      parts: below?.parts ?? 0,
      uses: below?.uses ?? 0,
      isCut: (below?.parts ?? 0) > MAX_BELOW || (below?.naming ?? 0) > MAX_NAMING,
    },
  };
  return id !== null && part === null ? null : view;
}

/** The name of the workflow whose node this part is; null for any other part. */
export const nameOfWorkflow = (part: Record<"tenantId" | "id", AnyPgColumn>) => sql<string | null>`(
  select ${workflowDefinitions.name} from ${workflowDefinitions}
  where ${workflowDefinitions.tenantId} = ${part.tenantId} and ${workflowDefinitions.pathPartId} = ${part.id})`;

/** The common table expression `listed`: the children of the chosen part. */
const childrenOf = (db: Database, caller: CallerExpression, isChosen: SQL | undefined) => {
  const chosen = chosenPart(db, caller, isChosen).as("chosen");
  return db.$with("listed").as(
    db
      .select(nodeColumns)
      .from(chosen)
      .crossJoin(caller)
      .innerJoin(pathParts, and(eq(pathParts.tenantId, caller.tenantId), eq(pathParts.parentId, chosen.id))),
  );
};

const chosenPart = (db: Database, caller: CallerExpression, isChosen: SQL | undefined) =>
  db
    .select({
      id: sql<string>`${pathParts.id}`.as("chosen_id"),
      path: sql<string>`${pathParts.materializedPath}`.as("chosen_path"),
    })
    .from(caller)
    .innerJoin(pathParts, isChosen);

/** The common table expression `above`: the parts above the chosen one that the caller may read. */
function ancestorsOf(db: Database, caller: CallerExpression, isChosen: SQL | undefined) {
  const chosen = chosenPart(db, caller, isChosen).as("chosen");
  // The paths are passed as one array, so that the planner uses the index however many rows it expects.
  const paths = sql`array(
    select '/' || array_to_string(path.names[1:depth], '/')
    from ${chosen}
    cross join lateral (select string_to_array(substr(${chosen.path}, 2), '/') as names) path
    cross join lateral generate_series(1, cardinality(path.names) - 1) depth)`;
  return db.$with("above").as(
    db
      .select(nodeColumns)
      .from(caller)
      .innerJoin(
        pathParts,
        and(eq(pathParts.tenantId, caller.tenantId), sql`${pathParts.materializedPath} = any (${paths})`),
      )
      .where(mayRead(caller, pathParts.materializedPath)),
  );
}

/** Selects the workflows that name the chosen part, or one above it, and that the caller may see. */
function usesOf(db: Database, caller: CallerExpression, isChosen: SQL | undefined) {
  const above = ancestorsOf(db, caller, isChosen);
  const used = db
    .$with("used")
    .as(
      unionAll(
        db.select({ id: pathParts.id, path: pathParts.materializedPath }).from(caller).innerJoin(pathParts, isChosen),
        db.select({ id: above.id, path: above.materializedPath }).from(above),
      ),
    );
  const d = workflowDefinitions;
  const named = db
    .select({
      letter: sql<string>`letter`.as("named_as"),
      ids: sql<string[]>`ids`.as("named_ids"),
    })
    .from(sql`(values ('A', ${d.sourcePathPartIds}), ('B', ${d.instructionPathPartIds}), ('C', ${d.outputPathPartIds}),
      ('D', array_remove(array[${d.templatePathPartId}], null))) as letters (letter, ids)`)
    .as("named");
  return db
    .with(caller, above, used)
    .select({ id: d.id, name: d.name, letter: named.letter, path: used.path })
    .from(caller)
    .innerJoin(
      d,
      and(
        eq(d.tenantId, caller.tenantId),
        sql`${namedParts} && array(select ${used.id} from ${used})`,
        maySeeDefinition(caller, d.id),
      ),
    )
    .crossJoinLateral(named)
    .innerJoin(used, sql`${used.id} = any (${named.ids})`)
    .orderBy(asc(d.name), named.letter, asc(d.id))
    .limit(MAX_USES);
}

/** Counts the parts below the chosen one, and the workflows that name one of them, each up to its bound. */
function countBelow(db: Database, caller: CallerExpression, isChosen: SQL | undefined) {
  const chosen = chosenPart(db, caller, isChosen).as("chosen");
  // The order is that of the index, so that no more than the bound is read of it.
  const part = db
    .select({ id: sql<string>`${pathParts.id}`.as("part_below_id") })
    .from(pathParts)
    .where(and(eq(pathParts.tenantId, caller.tenantId), isBelow(pathParts.materializedPath, chosen.path)))
    .orderBy(pathParts.materializedPath)
    .limit(MAX_BELOW + 1)
    .as("part");
  const below = db.$with("below").as(
    db
      .select({ id: sql<string>`${part.id}`.as("below_id") })
      .from(caller)
      .crossJoin(chosen)
      .crossJoinLateral(part),
  );
  const d = workflowDefinitions;
  // Because of `is true` the planner uses the index on the named parts instead of reading all definitions of a large tenant.
  const isNaming = and(
    sql`(${d.tenantId} = ${caller.tenantId}) is true`,
    sql`${namedParts} && array(select ${below.id} from ${below})`,
  );
  const naming = db.$with("naming").as(
    db
      .select({ id: sql<string>`${d.id}`.as("naming_id") })
      .from(caller)
      .innerJoin(d, isNaming)
      .limit(MAX_NAMING + 1),
  );
  return db
    .with(caller, below, naming)
    .select({
      parts: sql<number>`(select count(*)::int from ${below})`,
      naming: sql<number>`(select count(*)::int from ${naming})`,
      uses: sql<number>`(select count(*)::int from ${naming} where ${maySeeDefinition(caller, naming.id)})`,
    })
    .from(caller);
}
