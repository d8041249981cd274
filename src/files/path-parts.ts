import { and, count, eq, isNull, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { type AnyPgColumn, unionAll } from "drizzle-orm/pg-core";
import type { Credential } from "../db/access.ts";
import {
  type Caller,
  callerBy,
  mayRead,
  mayWrite,
  mayWriteAmong,
  type PermittedPaths,
  permittedPathsOf,
  requireCaller,
  topsOf,
} from "../db/caller.ts";
import { type Database, repeatable } from "../db/client.ts";
import { isAtOrBelow, isBelow } from "../db/columns.ts";
import type { PartType } from "../db/enums.ts";
import { pathParts } from "../db/tables.ts";
import type { PathOrder } from "./path.ts";

/** A path part as the caller sees it. `systemManaged` is true for a part that only the service itself changes. */
export type PathPart = typeof pathParts.$inferSelect & { canRead: boolean; canWrite: boolean };

/** The columns of the table, or of a subquery with the same columns. */
export const nodeColumns = {
  id: pathParts.id,
  tenantId: pathParts.tenantId,
  parentId: pathParts.parentId,
  name: pathParts.name,
  partType: pathParts.partType,
  metadataObjId: pathParts.metadataObjId,
  materializedPath: pathParts.materializedPath,
  systemManaged: pathParts.systemManaged,
  createdAt: pathParts.createdAt,
  updatedAt: pathParts.updatedAt,
};

type Node = Record<keyof typeof nodeColumns, AnyPgColumn>;

/** True for a part that only the service itself changes. */
const isSystemManaged = (node: Pick<Node, "systemManaged" | "partType">): SQL<boolean> =>
  sql<boolean>`public.is_kept(${node.systemManaged}, ${node.partType})`;

/** The number of names in a path. */
const depth = (path: SQLWrapper) => sql`(length(${path}) - length(replace(${path}, '/', '')))`;

/** The columns of {@link PathPart}, from the table or from a subquery with {@link nodeColumns}. */
export const partColumns = <From extends Node>(caller: Caller, node: From) => ({
  id: node.id,
  tenantId: node.tenantId,
  parentId: node.parentId,
  name: node.name,
  partType: node.partType,
  metadataObjId: node.metadataObjId,
  materializedPath: node.materializedPath,
  systemManaged: isSystemManaged(node),
  canRead: mayRead(caller, node.materializedPath),
  canWrite: mayWrite(caller, node.materializedPath),
  createdAt: node.createdAt,
  updatedAt: node.updatedAt,
});

/**
 * Like {@link partColumns}, for the rows of a list. A list only finds parts that the caller may read, so that is not checked
 * again.
 */
export const listedColumns = <From extends Node>(caller: Caller, permitted: PermittedPaths, listed: From) => ({
  ...partColumns(caller, listed),
  canRead: sql<boolean>`true`,
  canWrite: mayWriteAmong(caller, permitted, listed.materializedPath),
});

/** True for the part with this id if the caller may read it. With `type`, only if it has that type. */
export const isReadablePart = (caller: Caller, id: string, type: PartType | undefined): SQL | undefined =>
  and(
    eq(pathParts.tenantId, caller.tenantId),
    eq(pathParts.id, id),
    type && eq(pathParts.partType, type),
    mayRead(caller, pathParts.materializedPath),
  );

/** Selects the part with this id if the caller may read it: no row or one. */
export const selectPathPart = (db: Database, caller: Caller, id: string, type?: PartType) =>
  db
    .with(caller)
    .select(partColumns(caller, pathParts))
    .from(caller)
    .innerJoin(pathParts, isReadablePart(caller, id, type));

/**
 * The path part. Null when it does not exist or the caller may not see it. With `type`, also null for a part of another type.
 * @throws Unauthenticated
 */
export async function findPathPart(
  db: Database,
  credential: Credential,
  id: string,
  type?: PartType,
): Promise<PathPart | null> {
  const caller = callerBy(db, credential);
  const {
    callers,
    parts: [part = null],
  } = await repeatable(db).batch({
    callers: db.with(caller).select({ tenantId: caller.tenantId }).from(caller),
    parts: selectPathPart(db, caller, id, type),
  });
  requireCaller(callers);
  return part;
}

export type PathPartsQuery = {
  /** Null for the top of what the caller may see. */
  parentId: string | null;
  /** How many levels to list; 1 for the children alone. */
  maxDepth: number;
  /** When set, only parts of this type are listed. */
  type?: PartType;
  order: PathOrder;
  limit: number;
  offset: number;
};

/** The columns by which a list is sorted. */
export const orderOf = (node: Node, order: PathOrder): SQL[] => {
  switch (order) {
    case "LOGICAL":
      return [depth(node.materializedPath), sql`${node.partType} <> 'FOLDER'`, sql`${node.name}`, sql`${node.id}`];
    case "NAME":
      return [sql`${node.name}`, sql`${node.id}`];
    case "UPDATED_AT":
      return [sql`${node.updatedAt} desc`, sql`${node.id} desc`];
    case "CREATED_AT":
      return [sql`${node.createdAt} desc`, sql`${node.id} desc`];
  }
};

/**
 * One page of the parts below a parent, and the number of all of them. Without a parent, the list begins at the top of what the
 * caller may see: the roots of the tenant or, for a USER, the parts on which they have a permission and that are below no other
 * such part. Null when the parent does not exist or the caller may not see it.
 * @throws Unauthenticated
 */
export async function listPathParts(
  db: Database,
  credential: Credential,
  query: PathPartsQuery,
): Promise<{ parts: PathPart[]; total: number } | null> {
  const { parentId, maxDepth, type, order, limit, offset } = query;
  const caller = callerBy(db, credential);
  const ofType = type && eq(pathParts.partType, type);
  const listed =
    parentId === null
      ? listFromTheTops(db, caller, maxDepth, ofType)
      : listFromParent(db, caller, parentId, maxDepth, ofType);
  const permitted = permittedPathsOf(db, caller);
  const {
    found,
    counts: [counted],
    parts,
  } = await repeatable(db).batch({
    found: db
      .with(caller)
      .select({ tenantId: caller.tenantId, parentId: pathParts.id })
      .from(caller)
      .leftJoin(pathParts, parentId === null ? sql`false` : isReadablePart(caller, parentId, type)),
    counts: db.with(caller, listed).select({ total: count() }).from(listed),
    parts: db
      .with(caller, permitted, listed)
      .select(listedColumns(caller, permitted, listed))
      .from(caller)
      .crossJoin(listed)
      .orderBy(...orderOf(listed, order))
      .limit(limit)
      .offset(offset),
  });
  const parent = requireCaller(found).parentId;
  return parentId !== null && parent === null ? null : { parts, total: counted?.total ?? 0 };
}

/** Whoever may read the parent may read everything below it, so only the parent is checked. */
function listFromParent(db: Database, caller: Caller, parentId: string, maxDepth: number, ofType: SQL | undefined) {
  const origin = db
    .select({
      id: sql<string>`${pathParts.id}`.as("origin_id"),
      path: sql<string>`${pathParts.materializedPath}`.as("origin_path"),
    })
    .from(caller)
    .innerJoin(pathParts, isReadablePart(caller, parentId, undefined))
    .as("origin");
  const path = pathParts.materializedPath;
  // Children are found by an index, so that the parts below them are not read.
  const isListed =
    maxDepth === 1
      ? eq(pathParts.parentId, origin.id)
      : and(isBelow(path, origin.path), sql`${depth(path)} <= ${depth(origin.path)} + ${maxDepth}::bigint`);
  return db.$with("listed").as(
    db
      .select(nodeColumns)
      .from(caller)
      .crossJoin(origin)
      .innerJoin(pathParts, and(eq(pathParts.tenantId, caller.tenantId), isListed, ofType)),
  );
}

/** Lists from the top: the roots for an administrator, the topmost permissions for a USER, and the levels below as requested. */
export function listFromTheTops(db: Database, caller: Caller, maxDepth: number, ofType: SQL | undefined) {
  const path = pathParts.materializedPath;
  const ofTenant = eq(pathParts.tenantId, caller.tenantId);
  const isRootward = maxDepth === 1 ? isNull(pathParts.parentId) : sql`${depth(path)} <= ${maxDepth}::bigint`;
  const roots = db
    .select(nodeColumns)
    .from(caller)
    .innerJoin(pathParts, and(ofTenant, isRootward, ofType))
    .where(eq(caller.isAdministrator, true));
  return db.$with("listed").as(unionAll(roots, listPermitted(db, caller, maxDepth, and(ofTenant, ofType))));
}

function listPermitted(db: Database, caller: Caller, maxDepth: number, isCandidate: SQL | undefined) {
  const path = pathParts.materializedPath;
  const listed = db.select(nodeColumns).from(caller);
  if (maxDepth === 1) {
    // The paths are passed as one array, so that the planner uses the index however many rows it expects.
    const isTop = sql`${path} = any (array(${topsOf(db, caller)}))`;
    return listed.innerJoin(pathParts, and(isCandidate, isTop)).where(eq(caller.isAdministrator, false));
  }
  const top = topsOf(db, caller).as("top");
  const isPermitted = and(isAtOrBelow(path, top.path), sql`${depth(path)} < ${depth(top.path)} + ${maxDepth}::bigint`);
  return listed
    .innerJoinLateral(top, sql`true`)
    .innerJoin(pathParts, and(isCandidate, isPermitted))
    .where(eq(caller.isAdministrator, false));
}
