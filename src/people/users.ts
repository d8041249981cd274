import { sql } from "drizzle-orm";
import { authenticated, type Credential, ofTenant, principal } from "../db/access.ts";
import { type Database, repeatable } from "../db/client.ts";
import type { IdpType, Role } from "../db/enums.ts";
import { instant, type Missing } from "../db/rows.ts";
import { Problem } from "../http/problems.ts";
import { type Admission, administers, admission, admitAdministrator } from "./admission.ts";

/** A user of a tenant. Instants are RFC 3339. */
export type UserRow = {
  id: string;
  tenant_id: string;
  email: string | null;
  first_name: string | null;
  last_name: string | null;
  idp_type: IdpType;
  role: Role;
  is_active: boolean;
  created_at: string;
  updated_at: string;
};

/** The columns of {@link UserRow} for a user `u`. */
export const userColumns = sql`
  u.id, u.tenant_id, u.email, u.first_name, u.last_name, u.idp_type, u.role, u.deactivated_at is null as is_active,
  ${instant(sql`u.created_at`)} as created_at, ${instant(sql`u.updated_at`)} as updated_at`;

/**
 * Who the caller is.
 * @throws Problem `unauthenticated`
 */
export async function findCaller(db: Database, credential: Credential): Promise<UserRow> {
  const { rows } = await repeatable(db).execute<UserRow>(sql`
    with ${principal(credential)}
    select ${userColumns}, ${ofTenant} from principal p join users u on u.id = p.user_id`);
  return authenticated(rows);
}

/**
 * One page of the tenant's users, by email, and how many there are.
 * @throws Problem `unauthenticated`, `not_found` for another tenant, `forbidden`
 */
export async function listUsers(
  db: Database,
  credential: Credential,
  request: { tenantId: string; limit: number; offset: number },
): Promise<{ users: UserRow[]; total: number }> {
  const { rows } = await repeatable(db).execute<Admission & { users: UserRow[]; total: number }>(sql`
    with ${principal(credential)}, listed as (
      select u.* from principal p join users u on u.tenant_id = p.tenant_id where ${administers(request.tenantId)}
    )
    select ${admission(request.tenantId)}, (select count(*)::int from listed) as total,
      (select coalesce(jsonb_agg(to_jsonb(page)), '[]') from (
        select ${userColumns} from listed u order by lower(u.email), u.id limit ${request.limit} offset ${request.offset}
      ) page) as users, ${ofTenant}
    from principal p`);
  const { users, total, ...admitted } = authenticated(rows);
  admitAdministrator(admitted);
  return { users, total };
}

export type NewUser = {
  id: string;
  tenantId: string;
  email: string;
  firstName: string | null;
  lastName: string | null;
  role: Role;
};

/**
 * Adds a user to the tenant.
 * @throws Problem `unauthenticated`, `not_found` for another tenant, `forbidden`, or `conflict` for an email that
 *   somebody in the tenant has
 */
export async function createUser(db: Database, credential: Credential, user: NewUser): Promise<UserRow> {
  const { rows } = await db.execute<Admission & (UserRow | Missing)>(sql`
    with ${principal(credential)}, u as (
      insert into users (id, tenant_id, email, first_name, last_name, role)
      select ${user.id}, p.tenant_id, ${user.email}, ${user.firstName}, ${user.lastName}, ${user.role}
      from principal p
      where ${administers(user.tenantId)}
      on conflict (tenant_id, lower(email)) do nothing
      returning *
    )
    select ${admission(user.tenantId)}, ${userColumns}, ${ofTenant} from principal p left join u on true`);
  const { is_own_tenant, is_administrator, ...created } = authenticated(rows);
  admitAdministrator({ is_own_tenant, is_administrator });
  if (created.id === null) {
    throw new Problem("conflict", "Somebody in the tenant has that email already, in whatever case it is written.");
  }
  return created;
}
