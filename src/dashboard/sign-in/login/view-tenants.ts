import { and, eq, isNull, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { SessionClaims } from "../../../db/access.ts";
import { callerBy } from "../../../db/caller.ts";
import { type Database, repeatable } from "../../../db/client.ts";
import type { Role } from "../../../db/enums.ts";
import { logins } from "../../../db/people/login-tables.ts";
import { tenants } from "../../../db/people/tenant-tables.ts";
import { users } from "../../../db/tables.ts";
import { type Caller, nameOf, requirePageCaller, selectCaller } from "../../caller.ts";

/** A tenant that a person can enter by their account, and who they are there. */
export type TenantOfLogin = {
  tenantId: string;
  tenantName: string;
  userId: string;
  loginId: string;
  name: string;
  role: Role;
};

/** `offered`: the tenants into which somebody has added the person by their email. */
export type TenantsView = { caller: Caller; tenants: TenantOfLogin[]; offered: Omit<TenantOfLogin, "loginId">[] };

/**
 * The tenants in which the account of a session is tied to an active user, by their names. Empty for a session that did not begin
 * with a login, since an API key is of one tenant.
 * @throws Unauthenticated
 */
export async function viewTenants(db: Database, session: SessionClaims): Promise<TenantsView> {
  const caller = callerBy(db, { session });
  const own = alias(logins, "own");
  const ofSession = and(eq(own.tenantId, caller.tenantId), eq(own.id, sql`${session.loginId}::uuid`));
  const { callers, entered, offered } = await repeatable(db).batch({
    callers: selectCaller(db, caller),
    entered: db
      .with(caller)
      .select({
        tenantId: tenants.id,
        tenantName: tenants.name,
        userId: users.id,
        loginId: logins.id,
        name: nameOf(users),
        role: users.role,
      })
      .from(caller)
      .innerJoin(own, ofSession)
      .innerJoin(logins, and(eq(logins.iss, own.iss), eq(logins.sub, own.sub)))
      .innerJoin(
        users,
        and(eq(users.tenantId, logins.tenantId), eq(users.id, logins.userId), isNull(users.deactivatedAt)),
      )
      .innerJoin(tenants, eq(tenants.id, users.tenantId))
      .orderBy(sql`lower(${tenants.name})`, tenants.id),
    offered: db
      .with(caller)
      .select({
        tenantId: sql<string>`offered.tenant_id`,
        tenantName: sql<string>`offered.tenant_name`,
        userId: sql<string>`offered.user_id`,
        name: sql<string>`offered.name`,
        role: sql<Role>`offered.role`,
      })
      .from(caller)
      .innerJoin(own, ofSession)
      .innerJoin(sql`public.offered_tenants(${own.iss}, ${own.sub}) offered`, sql`true`)
      .orderBy(sql`lower(offered.tenant_name)`, sql`offered.tenant_id`),
  });
  return { caller: requirePageCaller(callers).caller, tenants: entered, offered };
}
