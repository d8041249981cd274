/**
 * Changes of a tenant's tree. Each is one batch, which begins by locking the tree of the caller's tenant: shared
 * by those who create, exclusively by those who rename, move or delete. A path is made of the names above it,
 * so whoever adds a node must not see these names change, and two moves at once could each put a folder below
 * the other. The lock is a statement of its own because each statement of a batch takes a fresh snapshot: the
 * statements after it see all that the lock's last holder did. It is an advisory lock, whose queue is fair: a move is
 * not held up for ever by those who keep creating.
 */
import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { type Caller, mayRead, mayWrite } from "../db/caller.ts";
import type { Database } from "../db/client.ts";
import { isAtOrBelow } from "../db/columns.ts";
import { pathParts } from "../db/tables.ts";
import { isSystemManaged, partById } from "./path-parts.ts";

const LOCKS = { shared: sql`pg_advisory_xact_lock_shared`, exclusive: sql`pg_advisory_xact_lock` };

/** Locks the tree of the caller's tenant until the batch ends. */
export const lockTree = (db: Database, caller: Caller, mode: keyof typeof LOCKS) =>
  db
    .with(caller)
    .select({ locked: sql<void>`${LOCKS[mode]}(hashtextextended('path_parts of ' || ${caller.tenantId}, 0))` })
    .from(caller);

/**
 * Locks a part that the caller may write, and all below it, until those who are just making a definition that
 * refers to one of them are done. In id order, as they do, so that there is no deadlock.
 */
export function lockSubtree(db: Database, caller: Caller, id: string) {
  const part = partById(db, caller, "part", sql`${id}::uuid`);
  // The limit keeps the planner from merging this query into the other, which it would begin with all parts of the tenant.
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

/** What a change came to. All but "done" left everything as it was. */
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

/** The lateral subquery `parent`: the parent below which a part is put, or no row. */
export const parentBy = (db: Database, caller: Caller, id: SQL) => partById(db, caller, "parent", id);

type Parent = ReturnType<typeof parentBy>;

/** What is known of all that is at or below the part `path_parts` of a query, as the lateral subquery `subtree`. */
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

/** Cases of a verdict on the part of a query that joins it if the caller may read it, and on its `subtree`. */
export const judgePart = (caller: Caller, subtree: ReturnType<typeof subtreeOf>): SQL => sql`
  when ${pathParts.id} is null then 'part_not_found'
  when not ${mayWrite(caller, pathParts.materializedPath)} then 'part_not_writable'
  when ${subtree.isManaged} then 'part_is_managed'`;

/** Cases of a verdict on the parent below which a part of that type is put, when `isPut`. A null id is the root. */
export const judgeParent = (caller: Caller, parent: Parent, isPut: SQL, parentId: SQL, partType: SQL): SQL => sql`
  when ${isPut} and ${parentId} is not null
    and (${parent.id} is null or not ${mayRead(caller, parent.materializedPath)}) then 'parent_not_found'
  when ${isPut} and not (${caller.isAdministrator} or ${mayWrite(caller, parent.materializedPath)})
    then 'parent_not_writable'
  when ${isPut} and ${isSystemManaged(parent)} then 'parent_is_managed'
  when ${isPut} and case ${partType}
    when 'DOCUMENT_VERSION' then ${parent.partType} is distinct from 'DOCUMENT'
    else ${parent.partType} <> 'FOLDER' end then 'parent_has_wrong_type'`;
