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
import { isAtOrBelow } from "../db/path-conditions.ts";
import { pathParts } from "../db/tables.ts";
import { Problem, ValidationFailed } from "../http/problems.ts";
import { MAX_PATH_BYTES, NO_PATH_PART } from "./path.ts";
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

/** Cases of a verdict on the parent below which a part of that type is put, if it is; a null id is the root. */
export const judgeParent = (caller: Caller, parent: Parent, isPut: SQL, parentId: SQL, partType: SQL): SQL => sql`
  when ${isPut} and ${parentId} is not null
    and (${parent.id} is null or not ${mayRead(caller, parent.materializedPath)}) then 'parent_not_found'
  when ${isPut} and not (${caller.isAdministrator} or ${mayWrite(caller, parent.materializedPath)})
    then 'parent_not_writable'
  when ${isPut} and ${isSystemManaged(parent)} then 'parent_is_managed'
  when ${isPut} and case ${partType}
    when 'DOCUMENT_VERSION' then ${parent.partType} is distinct from 'DOCUMENT'
    else ${parent.partType} <> 'FOLDER' end then 'parent_has_wrong_type'`;

const WRITE_ON_PARENT = "You need write on the folder or document below which the part is put.";

/** The fields of a request that a refusal points at. `parentField` is the name that the API gives to the parent. */
export type Asked = {
  name?: string | undefined;
  parentId?: string | null | undefined;
  parentField?: "parent_path_id" | "parent_path_part_id";
};

/** Why nothing was done, as the error to throw. */
export function refusal(
  verdict: Exclude<Verdict, "done">,
  { name, parentId, parentField = "parent_path_id" }: Asked,
): Problem | ValidationFailed {
  const parentFault = (msg: string) =>
    new ValidationFailed([{ loc: ["body", parentField], type: "value_error", msg, input: parentId }]);
  const tooLong = `The whole path, and every path below it, must have at most ${MAX_PATH_BYTES} bytes.`;
  switch (verdict) {
    case "part_not_found":
      return new Problem("not_found", NO_PATH_PART);
    case "part_not_writable":
      return new Problem("forbidden", "You need write on this path part.");
    case "part_is_managed":
      return new Problem(
        "conflict",
        "The service keeps this part, or one below it, for its workflow definitions. Change these instead.",
      );
    case "parent_not_found":
      return parentFault(NO_PATH_PART);
    case "parent_not_writable":
      return new Problem(
        "forbidden",
        parentId ? WRITE_ON_PARENT : "Only an OWNER or ADMIN may put a part at the root.",
      );
    case "parent_is_managed":
      return new Problem(
        "conflict",
        "The service keeps what is below that parent for its workflow definitions. Choose another parent.",
      );
    case "parent_has_wrong_type":
      return parentFault("A DOCUMENT_VERSION goes below a DOCUMENT; everything else below a FOLDER or at the root.");
    case "parent_is_below_part":
      return parentFault("A part cannot be moved below itself.");
    case "path_too_long":
      if (name === undefined) return parentFault(tooLong);
      return new ValidationFailed([{ loc: ["body", "name"], type: "string_too_long", msg: tooLong, input: name }]);
    case "name_taken":
      return new Problem("conflict", "There is a part of that name in that place already. Choose another name.");
  }
}
