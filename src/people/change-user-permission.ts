/**
 * Changes of a user's permissions. Each change is one batch. Its first statements lock the tree (shared, so that no part is
 * moved or deleted meanwhile) and then the user. The later statements have fresh snapshots and see all permissions that the
 * last holders of the locks made. So two changes at once can neither exceed the limit nor give the same permission twice.
 */
import { and, eq, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { Credential } from "../db/access.ts";
import { type Caller, callerBy, requireCaller } from "../db/caller.ts";
import { batch, type Database } from "../db/client.ts";
import type { Capability } from "../db/enums.ts";
import { pathParts, userPermissions, users } from "../db/tables.ts";
import { partById } from "../files/path-parts.ts";
import { lockTree } from "../files/path-tree.ts";
import { admitAdministrator, type PermissionRefusal, permissionProblem } from "./refusals.ts";
import {
  isPartOfPermission,
  MAX_PERMISSIONS,
  type Permission,
  permissionColumns,
  permissionIsVisible,
} from "./user-permissions.ts";
import { type Admission, administers, admission, isOfTenant } from "./users.ts";

/** The outcome of a change. Unless it is "done", nothing was changed. */
type Verdict = "done" | PermissionRefusal["verdict"];

type Outcome = Admission & {
  verdict: Verdict;
  /** Null for a permission that the caller may not see. */
  userId: string | null;
  userIsKnown: boolean;
  partIsKnown: boolean;
  /** The path of another permission of the user that already covers this one, or is on the same part. Null when there is none. */
  clashPath: string | null;
  clashCapability: Capability | null;
  clashIsOnPart: boolean | null;
};

export type NewPermission = {
  id: string;
  tenantId: string;
  userId: string;
  pathPartId: string;
  capability: Capability;
};

/**
 * Gives a user a permission on a path part and everything below it.
 * @throws Unauthenticated
 * @throws Problem `not_found` for another tenant, `forbidden`, or `conflict` when another permission of the user already covers
 * it, and when the user has the most permissions that are allowed
 * @throws ValidationFailed for a user or a part that is not in the tenant
 */
export async function createPermission(
  db: Database,
  credential: Credential,
  permission: NewPermission,
): Promise<Permission> {
  const { id, tenantId, userId } = permission;
  const caller = callerBy(db, credential);
  const wish = wishBy(db, caller, permission);
  const judged = judge(db, caller, wish, tenantId);
  const insert = db.insert(userPermissions).select(
    db
      .with(caller, wish, judged)
      .select({
        id: sql<string>`${id}::uuid`.as("id"),
        tenantId: judged.tenantId,
        userId: judged.userId,
        pathPartId: judged.pathPartId,
        capability: judged.capability,
        createdAt: sql<Date>`statement_timestamp()`.as("created_at"),
        updatedAt: sql<Date>`statement_timestamp()`.as("updated_at"),
      })
      .from(judged)
      .where(eq(judged.verdict, "done")),
  );
  const { outcomes, permissions } = await batch(db, {
    treeLock: lockTree(db, caller, "shared"),
    userLock: lockUser(db, caller, tenantId, sql`${userId}::uuid`),
    outcomes: db.with(caller, wish, judged).select().from(judged),
    inserted: insert,
    permissions: readPermission(db, caller, tenantId, id),
  });
  return requireDone(outcomes, permissions);
}

/** The change of a permission: another part, another capability, or both. Null keeps the current value. */
export type PermissionChange = {
  id: string;
  tenantId: string;
  pathPartId: string | null;
  capability: Capability | null;
};

/**
 * Changes a permission.
 * @throws Unauthenticated
 * @throws Problem `not_found`, `forbidden` for a USER's own permission, or `conflict` when another permission of the user
 * already covers the changed one
 * @throws ValidationFailed for a part that is not in the tenant
 */
export async function updatePermission(
  db: Database,
  credential: Credential,
  { id, tenantId, pathPartId, capability }: PermissionChange,
): Promise<Permission> {
  const caller = callerBy(db, credential);
  const wish = wishBy(db, caller, { id, tenantId, userId: null, pathPartId, capability });
  const judged = judge(db, caller, wish, tenantId);
  const holder = db.select({ id: userPermissions.userId }).from(userPermissions).where(eq(userPermissions.id, id));
  const { outcomes, permissions } = await batch(db, {
    treeLock: lockTree(db, caller, "shared"),
    userLock: lockUser(db, caller, tenantId, sql`${holder}`),
    outcomes: db.with(caller, wish, judged).select().from(judged),
    updated: db
      .with(caller, wish, judged)
      .update(userPermissions)
      .set({
        pathPartId: sql`${judged.pathPartId}`,
        capability: sql`${judged.capability}`,
        updatedAt: sql`statement_timestamp()`,
      })
      .from(judged)
      .where(
        and(
          eq(judged.verdict, "done"),
          eq(userPermissions.id, judged.id),
          sql`(${userPermissions.pathPartId}, ${userPermissions.capability})
            is distinct from (${judged.pathPartId}, ${judged.capability})`,
        ),
      ),
    permissions: readPermission(db, caller, tenantId, id),
  });
  return requireDone(outcomes, permissions);
}

type Wished = PermissionChange & { userId: string | null };

/**
 * The common table expression `wish`: the permission as it is to be, with current values in place of nulls. Its `id` is null
 * for a new permission, and its `userId` is null for one that the caller may not see.
 */
function wishBy(db: Database, caller: Caller, { id, tenantId, userId, pathPartId, capability }: Wished) {
  const now = userPermissions;
  return db.$with("wish").as(
    db
      .select({
        id: sql<string | null>`${now.id}`.as("wish_id"),
        userId: sql<string>`coalesce(${userId}::uuid, ${now.userId})`.as("wish_user_id"),
        pathPartId: sql<string>`coalesce(${pathPartId}::uuid, ${now.pathPartId})`.as("wish_path_part_id"),
        capability: sql<Capability>`coalesce(${capability}::text, ${now.capability})`.as("wish_capability"),
      })
      .from(caller)
      .leftJoin(now, and(eq(now.id, id), permissionIsVisible(caller, tenantId))),
  );
}

/** Closes the race with another change of the user's permissions. */
const lockUser = (db: Database, caller: Caller, tenantId: string, userId: SQL) =>
  db
    .with(caller)
    .select({ id: users.id })
    .from(caller)
    .innerJoin(users, and(isOfTenant(caller), sql`${users.id} = ${userId}`, administers(caller, tenantId)))
    .for("no key update", { of: users });

const readPermission = (db: Database, caller: Caller, tenantId: string, id: string) =>
  db
    .with(caller)
    .select(permissionColumns)
    .from(caller)
    .innerJoin(userPermissions, and(eq(userPermissions.id, id), permissionIsVisible(caller, tenantId)))
    .innerJoin(pathParts, isPartOfPermission);

type Wish = ReturnType<typeof wishBy>;

/**
 * The common table expression `judged`: the wish, and whether it is allowed.
 * Guarantees: a new permission is not covered by another permission of the user, and a user has no more than allowed.
 */
function judge(db: Database, caller: Caller, wish: Wish, tenantId: string) {
  const other = alias(userPermissions, "other");
  const top = partById(db, caller, "top", sql`${other.pathPartId}`);
  const part = partById(db, caller, "part", sql`${wish.pathPartId}`);
  const clash = db
    .select({
      path: sql<string>`${top.materializedPath}`.as("clash_path"),
      capability: sql<Capability>`${other.capability}`.as("clash_capability"),
      isOnPart: sql<boolean>`${top.id} = ${part.id}`.as("clash_is_on_part"),
    })
    .from(other)
    .innerJoinLateral(top, sql`true`)
    .where(
      and(
        eq(other.tenantId, users.tenantId),
        eq(other.userId, users.id),
        sql`${other.id} is distinct from ${wish.id}`,
        sql`public.path_covers(${top.materializedPath}, ${part.materializedPath})`,
        sql`(${top.id} = ${part.id} or ${other.capability} in ('READ_WRITE', ${wish.capability}))`,
      ),
    )
    .orderBy(top.materializedPath)
    .limit(1)
    .as("clash");
  const held = db
    .select({ held: sql`count(*)` })
    .from(other)
    .where(and(eq(other.tenantId, users.tenantId), eq(other.userId, users.id)));
  return db.$with("judged").as(
    db
      .select({
        ...admission(caller, tenantId),
        id: wish.id,
        userId: wish.userId,
        pathPartId: wish.pathPartId,
        capability: wish.capability,
        userIsKnown: sql<boolean>`${users.id} is not null`.as("user_is_known"),
        partIsKnown: sql<boolean>`${part.id} is not null`.as("part_is_known"),
        clashPath: clash.path,
        clashCapability: clash.capability,
        clashIsOnPart: clash.isOnPart,
        verdict: sql<Verdict>`case
          when ${wish.userId} is null or not ${administers(caller, tenantId)} then 'not_found'
          when ${users.id} is null or ${part.id} is null then 'unknown'
          when ${clash.path} is not null then 'clash'
          when ${wish.id} is null and ${MAX_PERMISSIONS} <= ${held} then 'too_many'
          else 'done'
        end`.as("verdict"),
      })
      .from(caller)
      .leftJoin(wish, sql`true`)
      .leftJoin(users, and(isOfTenant(caller), sql`${users.id} = ${wish.userId}`))
      .leftJoinLateral(part, sql`true`)
      .leftJoinLateral(clash, sql`true`),
  );
}

function requireDone(outcomes: readonly Outcome[], [permission]: readonly Permission[]): Permission {
  const { userId } = requireCaller(outcomes);
  if (userId === null) throw permissionProblem({ verdict: "not_found" });
  const { verdict, ...outcome } = admitAdministrator(outcomes);
  if (verdict !== "done") throw permissionProblem({ verdict, ...outcome });
  // The change was allowed, but somebody revoked the permission at the same moment.
  if (!permission) throw permissionProblem({ verdict: "not_found" });
  return permission;
}
