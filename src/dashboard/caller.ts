import { eq, type SQL, sql } from "drizzle-orm";
import { isAdministrator } from "../db/access.ts";
import type { Caller as CallerExpression } from "../db/caller.ts";
import type { Database } from "../db/client.ts";
import type { Role } from "../db/enums.ts";
import { tenants, users } from "../db/tables.ts";

/** The person who looks at a page, as the header shows them. */
export type Caller = {
  user_id: string;
  tenant_id: string;
  tenant_name: string;
  name: string;
  role: Role;
  is_administrator: boolean;
};

/** The name to show for a user `u`: their name, or else their email address, or else the end of their id. */
export const nameOf = (u: SQL) => sql`coalesce(
  nullif(concat_ws(' ', ${u}.first_name, ${u}.last_name), ''), ${u}.email, right(${u}.id::text, 8))`;

/** The row of a page's caller, for a batch of drizzle's query builder. */
export const selectCaller = (db: Database, expression: CallerExpression) =>
  db
    .with(expression)
    .select({
      user_id: expression.userId,
      tenant_id: expression.tenantId,
      tenantId: expression.tenantId,
      tenant_name: tenants.name,
      name: sql<string>`${nameOf(sql`${users}`)}`,
      role: expression.role,
      is_administrator: expression.isAdministrator,
    })
    .from(expression)
    .innerJoin(users, eq(users.id, expression.userId))
    .innerJoin(tenants, eq(tenants.id, expression.tenantId));

/** The principal `p` as {@link Caller}, in the column `caller`. */
export const caller = sql`(
  select jsonb_build_object('user_id', u.id, 'tenant_id', u.tenant_id, 'tenant_name', t.name,
    'name', ${nameOf(sql`u`)}, 'role', u.role, 'is_administrator', ${isAdministrator})
  from users u join tenants t on t.id = u.tenant_id
  where u.id = p.user_id) as caller`;

/**
 * A common table expression `visible`: definitions that the principal may see, at least the newest `limit` of them. Needs
 * `readableDefinitions`.
 */
export const newestVisible = (limit: number) => sql`visible as (
  select d.* from principal p
  cross join lateral (
    select d.* from workflow_definitions d
    where ${isAdministrator} and d.tenant_id = p.tenant_id
    order by d.created_at desc, d.id desc
    limit ${limit}
  ) d
  union all
  select d.* from readable_definitions readable join workflow_definitions d on d.id = readable.id
)`;
