import { and, count, eq, inArray, type SQL } from "drizzle-orm";
import type { Credential } from "../db/access.ts";
import { type Caller, callerBy, maySeeUser, requireCaller } from "../db/caller.ts";
import { batch, type Database, repeatable } from "../db/client.ts";
import { pathParts, userPermissions, users } from "../db/tables.ts";
import { admitAdministrator, permissionProblem } from "./refusals.ts";
import { administers, admission, isOfTenant } from "./users.ts";

/** How many permissions a user may have. The number is limited because each list examines all of them. */
export const MAX_PERMISSIONS = 50;

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
export const permissionIsVisible = (caller: Caller, tenantId: string): SQL | undefined =>
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

/**
 * Revokes a permission.
 * @throws Unauthenticated
 * @throws Problem `not_found`, or `forbidden` for a USER's own permission
 */
export async function deletePermission(
  db: Database,
  credential: Credential,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<void> {
  const caller = callerBy(db, credential);
  const chosen = db
    .select({ id: userPermissions.id })
    .from(caller)
    .innerJoin(
      userPermissions,
      and(eq(userPermissions.id, id), permissionIsVisible(caller, tenantId), administers(caller, tenantId)),
    );
  const { found, deleted } = await batch(db, {
    found: db
      .with(caller)
      .select({ ...admission(caller, tenantId), id: userPermissions.id })
      .from(caller)
      .leftJoin(userPermissions, and(eq(userPermissions.id, id), permissionIsVisible(caller, tenantId))),
    deleted: db
      .with(caller)
      .delete(userPermissions)
      .where(inArray(userPermissions.id, chosen))
      .returning({ id: userPermissions.id }),
  });
  if (requireCaller(found).id === null) throw permissionProblem({ verdict: "not_found" });
  admitAdministrator(found);
  // Another request has revoked it at the same moment.
  if (deleted.length === 0) throw permissionProblem({ verdict: "not_found" });
}
