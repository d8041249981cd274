/**
 * Changes of a tenant's tree. Each change is one batch, which begins by locking the tree of the caller's tenant: shared for
 * creating, exclusive for renaming, moving and deleting.
 * - Why the lock: a path consists of the names above it, so these names must not change while a part is added below them. And
 *   two moves at once could each put a folder below the other.
 * - Why a statement of its own: each statement of a batch has a fresh snapshot, so the later ones see all that the last holder
 *   of the lock did.
 * - Why an advisory lock: its queue is fair, so a move does not wait for ever while others keep creating.
 */
import { and, asc, eq, ne, or, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { type Caller, mayRead, mayWrite } from "../db/caller.ts";
import type { Database } from "../db/client.ts";
import { isAtOrBelow } from "../db/columns.ts";
import { pathParts, workflowDefinitions } from "../db/tables.ts";
import type { Obstacle } from "../http/problems.ts";
import { isSystemManaged, partById } from "./path-parts.ts";

const LOCKS = { shared: sql`pg_advisory_xact_lock_shared`, exclusive: sql`pg_advisory_xact_lock` };

/** Locks the tree of the caller's tenant until the batch ends. */
export const lockTree = (db: Database, caller: Caller, mode: keyof typeof LOCKS) =>
  db
    .with(caller)
    .select({ locked: sql<void>`${LOCKS[mode]}(hashtextextended('path_parts of ' || ${caller.tenantId}, 0))` })
    .from(caller);

/**
 * Locks a part that the caller may write, and all parts below it. It waits for transactions that are creating a definition
 * which names one of these parts. They lock parts in the order of the ids as well, so there is no deadlock.
 */
export function lockSubtree(db: Database, caller: Caller, id: string) {
  const part = partById(db, caller, "part", sql`${id}::uuid`);
  // The limit keeps the planner from merging this query into the outer one, which would then begin by reading all parts of the
  // tenant.
  const top = db.$with("top").as(
    db
      .select({
        tenantId: sql<string>`${caller.tenantId}`.as("top_tenant_id"),
        path: sql<string>`${part.materializedPath}`.as("top_path"),
      })
      .from(caller)
      .innerJoinLateral(part, mayWrite(caller, part.materializedPath))
      .limit(1),
  );
  return db
    .with(caller, top)
    .select({ id: pathParts.id })
    .from(top)
    .innerJoin(pathParts, and(eq(pathParts.tenantId, top.tenantId), isAtOrBelow(pathParts.materializedPath, top.path)))
    .orderBy(asc(pathParts.id))
    .for("update", { of: pathParts });
}

/** The outcome of a change. Unless it is "done", nothing was changed. */
export type Verdict =
  | "done"
  | "part_not_found"
  | "part_not_writable"
  | "part_is_managed"
  | "parent_not_found"
  | "parent_not_writable"
  | "parent_is_managed"
  | "parent_has_wrong_type"
  | "parent_is_below_part"
  | "path_too_long"
  | "name_taken";

/** The lateral subquery `parent`: the new parent of a part, or no row. */
export const parentBy = (db: Database, caller: Caller, id: SQL) => partById(db, caller, "parent", id);

type Parent = ReturnType<typeof parentBy>;

/** The lateral subquery `subtree`: facts about the part `path_parts` of a query and all parts below it. */
export function subtreeOf(db: Database) {
  const node = alias(pathParts, "node");
  return db
    .select({
      ids: sql<string[] | null>`array_agg(${node.id})`.as("subtree_ids"),
      longest: sql<number | null>`max(octet_length(${node.materializedPath}))`.as("subtree_longest"),
      isManaged: sql<boolean | null>`bool_or(${isSystemManaged(node)})`.as("subtree_is_managed"),
    })
    .from(node)
    .where(and(eq(node.tenantId, pathParts.tenantId), isAtOrBelow(node.materializedPath, pathParts.materializedPath)))
    .as("subtree");
}

/** Cases of the verdict about a part: the query joins it if the caller may read it, and joins its `subtree`. */
export const judgePart = (caller: Caller, subtree: ReturnType<typeof subtreeOf>): SQL => sql`
  when ${pathParts.id} is null then 'part_not_found'
  when not ${mayWrite(caller, pathParts.materializedPath)} then 'part_not_writable'
  when ${subtree.isManaged} then 'part_is_managed'`;

/** How many kept parts a refusal links to. */
const MAX_KEPT = 5;

/**
 * The lateral subquery `kept`: what keeps a part from being changed when its verdict is `part_is_managed`. Those are the workflows
 * whose places are at or below it, and other parts below it that the service keeps, as far as the caller may read them.
 */
export function keptIn(db: Database, caller: Caller, part: Record<"id" | "path" | "verdict", SQLWrapper>) {
  const isWorkflow = sql`${workflowDefinitions.id} is not null`;
  return db
    .select({
      kind: sql<Obstacle["kind"]>`case when ${isWorkflow} then 'workflow' else 'kept part' end`.as("kept_kind"),
      id: sql<string>`coalesce(${workflowDefinitions.id}, ${pathParts.id})`.as("kept_id"),
      name: sql<string>`coalesce(${workflowDefinitions.name}, ${pathParts.materializedPath})`.as("kept_name"),
    })
    .from(pathParts)
    .leftJoin(
      workflowDefinitions,
      and(eq(workflowDefinitions.tenantId, caller.tenantId), eq(workflowDefinitions.pathPartId, pathParts.id)),
    )
    .where(
      and(
        sql`${part.verdict} = 'part_is_managed'`,
        eq(pathParts.tenantId, caller.tenantId),
        isAtOrBelow(pathParts.materializedPath, part.path),
        isSystemManaged(pathParts),
        or(isWorkflow, ne(pathParts.id, part.id)),
        mayRead(caller, pathParts.materializedPath),
      ),
    )
    .orderBy(asc(pathParts.materializedPath))
    .limit(MAX_KEPT)
    .as("kept");
}

/** Cases of the verdict about the new parent of a part of this type. They apply when `isPut` is true. A null id is the root. */
export const judgeParent = (caller: Caller, parent: Parent, isPut: SQL, parentId: SQL, partType: SQL): SQL => sql`
  when ${isPut} and ${parentId} is not null
    and (${parent.id} is null or not ${mayRead(caller, parent.materializedPath)}) then 'parent_not_found'
  when ${isPut} and not (${caller.isAdministrator} or ${mayWrite(caller, parent.materializedPath)})
    then 'parent_not_writable'
  when ${isPut} and ${isSystemManaged(parent)} then 'parent_is_managed'
  when ${isPut} and case ${partType}
    when 'DOCUMENT_VERSION' then ${parent.partType} is distinct from 'DOCUMENT'
    else ${parent.partType} <> 'FOLDER' end then 'parent_has_wrong_type'`;
