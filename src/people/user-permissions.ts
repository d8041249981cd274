import { and, count, eq, type SQL } from "drizzle-orm";
import type { Credential } from "../db/access.ts";
import { type Caller, callerBy, maySeeUser, requireCaller } from "../db/caller.ts";
import { type Database, repeatable } from "../db/client.ts";
import { pathParts, userPermissions, users } from "../db/tables.ts";
import { MAX_PERMISSIONS } from "./refusals.ts";
import { isOfTenant } from "./users.ts";

/** The columns of {@link Permission}. */
export const permissionColumns = {
  id: userPermissions.id,
  tenantId: userPermissions.tenantId,
  userId: userPermissions.userId,
  pathPartId: userPermissions.pathPartId,
  materializedPath: pathParts.materializedPath,
  capability: userPermissions.capability,
  createdAt: userPermissions.createdAt,
  updatedAt: userPermissions.updatedAt,
};

/** What a user may do with a path part and everything below it. `materializedPath` is the current path of the part. */
export type Permission = typeof userPermissions.$inferSelect & { materializedPath: string };

/** Joins a permission to its path part. Both have the same tenant, because of the foreign key. */
export const isPartOfPermission = eq(pathParts.id, userPermissions.pathPartId);

/** True for a permission of the tenant that the caller may see: their own; for an OWNER or ADMIN, all of them. */
const permissionIsVisible = (caller: Caller, tenantId: string): SQL | undefined =>
  and(
    eq(caller.tenantId, tenantId),
    eq(userPermissions.tenantId, caller.tenantId),
    maySeeUser(caller, userPermissions.userId),
  );

/**
 * One page of a user's permissions, sorted by path, and the number of all of them. A USER may only see their own. Null when the
 * user does not exist or the caller may not see their permissions.
 * @throws Unauthenticated
 */
export async function listPermissions(
  db: Database,
  credential: Credential,
  request: { tenantId: string; userId: string; limit: number; offset: number },
): Promise<{ permissions: Permission[]; total: number } | null> {
  const { tenantId, userId, limit, offset } = request;
  const caller = callerBy(db, credential);
  const isListed = and(permissionIsVisible(caller, tenantId), eq(userPermissions.userId, userId));
  const maySee = and(eq(caller.tenantId, tenantId), maySeeUser(caller, users.id));
  // A limited subquery, so that the planner sorts these few rows instead of reading all paths of the tenant in order.
  const listed = db
    .select(permissionColumns)
    .from(caller)
    .innerJoin(userPermissions, isListed)
    .innerJoin(pathParts, isPartOfPermission)
    .limit(MAX_PERMISSIONS)
    .as("listed");
  const {
    chosen,
    counts: [counted],
    permissions,
  } = await repeatable(db).batch({
    chosen: db
      .with(caller)
      .select({ tenantId: caller.tenantId, id: users.id })
      .from(caller)
      .leftJoin(users, and(eq(users.id, userId), isOfTenant(caller), maySee)),
    counts: db.with(caller).select({ total: count() }).from(caller).innerJoin(userPermissions, isListed),
    permissions: db.with(caller).select().from(listed).orderBy(listed.materializedPath).limit(limit).offset(offset),
  });
  return requireCaller(chosen).id === null ? null : { permissions, total: counted?.total ?? 0 };
}
