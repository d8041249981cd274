import { type SQL, sql } from "drizzle-orm";
import { authenticated, type Credential, isAdministrator, keyIsActive, ofTenant, principal } from "../../db/access.ts";
import { type Database, repeatable } from "../../db/client.ts";
import type { Role } from "../../db/enums.ts";
import { instant } from "../../db/rows.ts";
import { type ApiKeyRow, keyColumns } from "../../people/api-keys.ts";
import { grantColumns, joinPart, type PermissionRow } from "../../people/user-permissions.ts";
import { type Caller, caller, nameOf } from "../caller.ts";

export type Person = {
  id: string;
  name: string;
  email: string | null;
  role: Role;
  is_active: boolean;
  created_at: string;
  grants: number;
  keys: number;
};

/** True for a user `u` whom the principal sees here: themselves; for an OWNER or ADMIN anybody of the tenant. */
const isSeen = sql`(u.tenant_id = p.tenant_id and (${isAdministrator} or u.id = p.user_id))`;

/** The columns of {@link Person} for a user `u`. */
const personColumns = sql`
  u.id, ${nameOf(sql`u`)} as name, u.email, u.role, u.deactivated_at is null as is_active,
  ${instant(sql`u.created_at`)} as created_at,
  (select count(*)::int from user_permissions g where g.tenant_id = u.tenant_id and g.user_id = u.id) as grants,
  (select count(*)::int from api_keys k where k.tenant_id = u.tenant_id and k.user_id = u.id and ${keyIsActive}) as keys`;

export type PeopleView = { caller: Caller; people: Person[]; total: number };

/**
 * A page of the people whom the caller sees, by email.
 * @throws Problem `unauthenticated`
 */
export async function viewPeople(
  db: Database,
  credential: Credential,
  { limit, offset }: { limit: number; offset: number },
): Promise<PeopleView> {
  const { rows } = await repeatable(db).execute<PeopleView>(sql`
    with ${principal(credential)}, seen as (select u.* from principal p join users u on ${isSeen})
    select ${caller}, (select count(*)::int from seen) as total,
      (select coalesce(jsonb_agg(to_jsonb(page)), '[]') from (
        select ${personColumns}
        from (select * from seen order by lower(email), id limit ${limit} offset ${offset}) u
        order by lower(u.email), u.id
      ) page) as people, ${ofTenant}
    from principal p`);
  return authenticated(rows);
}

export type PersonView = {
  caller: Caller;
  person: Person | null;
  permissions: (PermissionRow & { workflow_name: string | null })[];
  keys: (ApiKeyRow & { expires_at: string | null })[];
};

const inOrder = (rows: SQL) => sql`(select coalesce(jsonb_agg(to_jsonb(listed)), '[]') from (${rows}) listed)`;

/**
 * Somebody with their grants and the keys that work; without a person when there is none whom the caller sees.
 * @throws Problem `unauthenticated`
 */
export async function viewPerson(db: Database, credential: Credential, id: string): Promise<PersonView> {
  const { rows } = await repeatable(db).execute<PersonView>(sql`
    with ${principal(credential)}, u as (select u.* from principal p join users u on u.id = ${id} and ${isSeen})
    select ${caller}, (select to_jsonb(shown) from (select ${personColumns} from u) shown) as person,
      ${inOrder(sql`
        select ${grantColumns}, d.name as workflow_name from u
        join user_permissions g on g.tenant_id = u.tenant_id and g.user_id = u.id ${joinPart}
        left join workflow_definitions d on d.tenant_id = part.tenant_id and d.path_part_id = part.id
        order by part.materialized_path`)} as permissions,
      ${inOrder(sql`
        select ${keyColumns}, ${instant(sql`k.expires_at`)} as expires_at from u
        join api_keys k on k.tenant_id = u.tenant_id and k.user_id = u.id and ${keyIsActive}
        order by k.created_at desc, k.id desc`)} as keys, ${ofTenant}
    from principal p`);
  return authenticated(rows);
}
