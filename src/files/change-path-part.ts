import { and, eq, ne, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { Credential } from "../db/access.ts";
import { type Caller, callerBy, mayRead, requireCaller } from "../db/caller.ts";
import { batch, type Database } from "../db/client.ts";
import { isAtOrBelow } from "../db/columns.ts";
import type { PartType } from "../db/enums.ts";
import { pathParts } from "../db/tables.ts";
import { MAX_PATH_BYTES } from "./path.ts";
import { isReadablePart, type PathPart, selectPathPart } from "./path-parts.ts";
import {
  judgeParent,
  judgePart,
  keptIn,
  lockSubtree,
  lockTree,
  parentBy,
  subtreeOf,
  type Verdict,
} from "./path-tree.ts";
import { type Asked, treeProblem } from "./refusals.ts";

export type NewPathPart = { id: string; name: string; partType: PartType; parentId: string | null } & Pick<
  Asked,
  "parentField"
>;

/**
 * Adds a part to the tree.
 * @throws Unauthenticated
 * @throws Problem `forbidden`, or `conflict` for a name that is taken and for a parent that only the service changes
 * @throws ValidationFailed for a parent that does not exist or has the wrong type, and for a path that is too long
 */
export async function createPathPart(db: Database, credential: Credential, part: NewPathPart): Promise<PathPart> {
  const caller = callerBy(db, credential);
  const place = placeOfNew(db, caller, part);
  const {
    verdicts,
    inserted,
    parts: [created],
  } = await batch(db, {
    treeLock: lockTree(db, caller, "shared"),
    verdicts: db.with(caller, place).select({ tenantId: place.tenantId, verdict: place.verdict }).from(place),
    inserted: db
      .insert(pathParts)
      .select(
        db
          .with(caller, place)
          .select({
            id: sql<string>`${part.id}::uuid`.as("id"),
            tenantId: place.tenantId,
            parentId: place.parentId,
            name: sql<string>`${part.name}::text`.as("name"),
            partType: sql<PartType>`${part.partType}::text`.as("part_type"),
            metadataObjId: sql<string | null>`null::uuid`.as("metadata_obj_id"),
            materializedPath: place.path,
            systemManaged: sql<boolean>`false`.as("system_managed"),
            createdAt: sql<Date>`statement_timestamp()`.as("created_at"),
            updatedAt: sql<Date>`statement_timestamp()`.as("updated_at"),
          })
          .from(place)
          .where(eq(place.verdict, "done")),
      )
      .onConflictDoNothing()
      .returning({ id: pathParts.id }),
    parts: selectPathPart(db, caller, part.id),
  });
  const { verdict } = requireCaller(verdicts);
  return changed(verdict === "done" && inserted.length === 0 ? "name_taken" : verdict, created, part);
}

/**
 * Finds where a new part goes, and whether the caller may create it there.
 * Guarantees: the path of a part is its parent's path and its own name, and siblings have different names.
 * Closes the race between two callers who create the same name: the second waits for the first, and then inserts nothing.
 */
function placeOfNew(db: Database, caller: Caller, part: NewPathPart) {
  const parentId = sql`${part.parentId}::uuid`;
  const parent = parentBy(db, caller, parentId);
  const path = sql`coalesce(${parent.materializedPath}, '') || '/' || ${part.name}`;
  return db.$with("place").as(
    db
      .select({
        tenantId: caller.tenantId,
        parentId: sql<string | null>`${parent.id}`.as("place_parent_id"),
        path: sql<string>`${path}`.as("place_path"),
        verdict: sql<Verdict>`case
          ${judgeParent(caller, parent, sql`true`, parentId, sql`${part.partType}::text`)}
          when octet_length(${path}) > ${MAX_PATH_BYTES} then 'path_too_long'
          else 'done'
        end`.as("verdict"),
      })
      .from(caller)
      .leftJoinLateral(parent, sql`true`)
      .limit(1),
  );
}

/**
 * The change of a part: another name, another parent (null for the root), or both. When `type` is set, a part of another type
 * counts as not found.
 */
export type PathPartChange = { id: string; type?: PartType } & Asked;

/**
 * Renames or moves a part, or both. The paths of all parts below it change with it; their `updated_at` does not.
 * @throws Unauthenticated
 * @throws Problem `not_found`, `forbidden`, or `conflict` for a name that is taken and for parts that only the service changes
 * @throws ValidationFailed for a parent that does not exist, has the wrong type, or is the part itself or below it, and for a
 * path that is too long
 */
export async function movePathPart(db: Database, credential: Credential, change: PathPartChange): Promise<PathPart> {
  const caller = callerBy(db, credential);
  const place = placeOfMoved(db, caller, change);
  const isPart = eq(pathParts.id, place.id);
  const ifPart = (value: SQL, column: SQL) => sql`case when ${isPart} then ${value} else ${column} end`;
  const kept = keptIn(db, caller, { id: place.id, path: place.oldPath, verdict: place.verdict });
  const {
    verdicts,
    takenNames,
    keptParts,
    keptParents,
    parts: [moved],
  } = await batch(db, {
    treeLock: lockTree(db, caller, "exclusive"),
    subtreeLock: lockSubtree(db, caller, change.id),
    verdicts: db.with(caller, place).select({ tenantId: place.tenantId, verdict: place.verdict }).from(place),
    takenNames: db
      .with(caller, place)
      .select({ id: pathParts.id, name: pathParts.materializedPath })
      .from(caller)
      .crossJoin(place)
      .innerJoin(
        pathParts,
        and(
          eq(place.verdict, "name_taken"),
          eq(pathParts.tenantId, caller.tenantId),
          sql`${pathParts.materializedPath} = ${place.path}`,
          mayRead(caller, pathParts.materializedPath),
        ),
      ),
    keptParts: db
      .with(caller, place)
      .select({ kind: kept.kind, id: kept.id, name: kept.name })
      .from(caller)
      .crossJoin(place)
      .innerJoinLateral(kept, sql`true`),
    keptParents: db
      .with(caller, place)
      .select({ id: pathParts.id, name: pathParts.materializedPath })
      .from(caller)
      .crossJoin(place)
      .innerJoin(
        pathParts,
        and(
          eq(place.verdict, "parent_is_managed"),
          eq(pathParts.tenantId, caller.tenantId),
          eq(pathParts.id, place.parentId),
        ),
      ),
    // Guarantees: all paths below the part change in the same statement as its own, however many there are.
    updated: db
      .with(caller, place)
      .update(pathParts)
      .set({
        name: ifPart(sql`${place.name}`, sql`${pathParts.name}`),
        parentId: ifPart(sql`${place.parentId}`, sql`${pathParts.parentId}`),
        materializedPath: sql`${place.path} || substr(${pathParts.materializedPath}, length(${place.oldPath}) + 1)`,
        updatedAt: ifPart(sql`statement_timestamp()`, sql`${pathParts.updatedAt}`),
      })
      .from(place)
      .where(
        and(
          eq(place.verdict, "done"),
          eq(pathParts.tenantId, place.tenantId),
          isAtOrBelow(pathParts.materializedPath, place.oldPath),
        ),
      ),
    parts: selectPathPart(db, caller, change.id),
  });
  const obstacles = [
    ...takenNames.map((one) => ({ kind: "path part" as const, ...one })),
    ...keptParts,
    ...keptParents.map((one) => ({ kind: "kept part" as const, ...one })),
  ];
  return changed(requireCaller(verdicts).verdict, moved, { ...change, obstacles });
}

/**
 * Finds where a part goes, and whether the caller may move it there.
 * Guarantees: a part never gets below itself, and siblings have different names.
 * Closes the race with callers who move, create or delete parts near it: the first statement of the batch has locked the tree.
 * The limit keeps the planner from merging this query into the update, which would then begin by reading all parts of the
 * tenant.
 */
function placeOfMoved(db: Database, caller: Caller, change: PathPartChange) {
  const subtree = subtreeOf(db);
  const other = alias(pathParts, "other");
  const parentId = sql`${change.parentId ?? null}::uuid`;
  // A part whose parent stays the same is not moved, so the caller needs no right on the parent.
  const isPut = sql`(${change.parentId !== undefined}::boolean and ${parentId} is distinct from ${pathParts.parentId})`;
  const parent = parentBy(db, caller, sql`case when ${isPut} then ${parentId} else ${pathParts.parentId} end`);
  const name = sql`coalesce(${change.name ?? null}::text, ${pathParts.name})`;
  const path = sql`coalesce(${parent.materializedPath}, '') || '/' || ${name}`;
  const sameName = db
    .select({ id: other.id })
    .from(other)
    .where(
      and(eq(other.tenantId, caller.tenantId), sql`${other.materializedPath} = ${path}`, ne(other.id, pathParts.id)),
    );
  return db.$with("place").as(
    db
      .select({
        // The alias differs from the column in `caller`, since the two are joined.
        tenantId: sql<string>`${caller.tenantId}`.as("place_tenant_id"),
        id: sql<string>`${pathParts.id}`.as("place_id"),
        oldPath: sql<string>`${pathParts.materializedPath}`.as("place_old_path"),
        parentId: sql<string | null>`${parent.id}`.as("place_parent_id"),
        name: sql<string>`${name}`.as("place_name"),
        path: sql<string>`${path}`.as("place_path"),
        verdict: sql<Verdict>`case
          ${judgePart(caller, subtree)}
          ${judgeParent(caller, parent, isPut, parentId, sql`${pathParts.partType}`)}
          when ${isPut} and ${isAtOrBelow(parent.materializedPath, pathParts.materializedPath)}
            then 'parent_is_below_part'
          when octet_length(${path}) + ${subtree.longest} - octet_length(${pathParts.materializedPath}) > ${MAX_PATH_BYTES}
            then 'path_too_long'
          when exists ${sameName} then 'name_taken'
          else 'done'
        end`.as("verdict"),
      })
      .from(caller)
      .leftJoin(pathParts, isReadablePart(caller, change.id, change.type))
      .crossJoinLateral(subtree)
      .leftJoinLateral(parent, sql`true`)
      .limit(1),
  );
}

function changed(verdict: Verdict, part: PathPart | undefined, asked: Asked): PathPart {
  if (verdict !== "done") throw treeProblem(verdict, asked);
  if (part === undefined) throw new Error("A part that was just written is not to be seen.");
  return part;
}
