import { and, count, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { Credential } from "../db/access.ts";
import { type Caller, callerBy, requireCaller } from "../db/caller.ts";
import { type Database, repeatable } from "../db/client.ts";
import { users } from "../db/tables.ts";
import { administratorProblem } from "./refusals.ts";

/** The columns of {@link User}. */
export const userColumns = {
  id: users.id,
  email: users.email,
  firstName: users.firstName,
  lastName: users.lastName,
  idpType: users.idpType,
  role: users.role,
  deactivatedAt: users.deactivatedAt,
  createdAt: users.createdAt,
  updatedAt: users.updatedAt,
};

/** A user of a tenant. `deactivatedAt` is null for an active user. */
export type User = Pick<typeof users.$inferSelect, keyof typeof userColumns>;

/** True for a user of the caller's tenant who was not deleted. */
export const isOfTenant = (caller: Caller): SQL | undefined =>
  and(eq(users.tenantId, caller.tenantId), isNull(users.deletedAt));

/** True when the caller is an OWNER or ADMIN of this tenant. */
const administers = (caller: Caller, tenantId: string): SQL<boolean> =>
  sql<boolean>`(${caller.tenantId} = ${tenantId} and ${caller.isAdministrator})`;

/** The columns of {@link Admission}. Without `tenantId`, they are about the caller's own tenant. */
export const admission = (caller: Caller, tenantId?: string) => ({
  tenantId: caller.tenantId,
  isOwnTenant: sql<boolean>`${tenantId === undefined ? sql`true` : sql`${caller.tenantId} = ${tenantId}`}`.as(
    "is_own_tenant",
  ),
  isAdministrator: caller.isAdministrator,
});

/** Whether the caller may administer the tenant that a request names. */
export type Admission = { tenantId: string; isOwnTenant: boolean; isAdministrator: boolean };

/**
 * Refuses a caller who does not administer the tenant.
 * @throws Unauthenticated without a caller
 * @throws Problem `not_found` for another tenant than the caller's, `forbidden` for a USER
 */
export function admitAdministrator<Row extends Admission>(rows: readonly Row[]): Row {
  const row = requireCaller(rows);
  if (!row.isOwnTenant) throw administratorProblem("tenant_not_found");
  if (!row.isAdministrator) throw administratorProblem("forbidden");
  return row;
}

/**
 * The caller as a user.
 * @throws Unauthenticated
 */
export async function findMe(db: Database, credential: Credential): Promise<User & { tenantId: string }> {
  const caller = callerBy(db, credential);
  const query = db
    .with(caller)
    .select({ ...userColumns, tenantId: caller.tenantId })
    .from(caller)
    .innerJoin(users, eq(users.id, caller.userId));
  return requireCaller(await repeatable(db).select(query));
}

/**
 * One page of the tenant's users, sorted by email, and the number of all of them.
 * @throws Unauthenticated
 * @throws Problem `not_found` for another tenant, `forbidden`
 */
export async function listUsers(
  db: Database,
  credential: Credential,
  request: { tenantId: string; limit: number; offset: number },
): Promise<{ users: User[]; total: number }> {
  const { tenantId, limit, offset } = request;
  const caller = callerBy(db, credential);
  const isListed = and(isOfTenant(caller), administers(caller, tenantId));
  const {
    admissions,
    counts: [counted],
    page,
  } = await repeatable(db).batch({
    admissions: db.with(caller).select(admission(caller, tenantId)).from(caller),
    counts: db.with(caller).select({ total: count() }).from(caller).innerJoin(users, isListed),
    page: db
      .with(caller)
      .select(userColumns)
      .from(caller)
      .innerJoin(users, isListed)
      .orderBy(sql`lower(${users.email})`, users.id)
      .limit(limit)
      .offset(offset),
  });
  admitAdministrator(admissions);
  return { users: page, total: counted?.total ?? 0 };
}
