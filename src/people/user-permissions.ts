import { sql } from "drizzle-orm";
import { authenticated, type Credential, isAdministrator, ofTenant, principal } from "../db/access.ts";
import { type Database, repeatable } from "../db/client.ts";
import type { Capability } from "../db/enums.ts";
import { instant } from "../db/rows.ts";
import { Problem } from "../http/problems.ts";
import { type Admission, administers, admission, admitAdministrator } from "./admission.ts";

/** How many grants a user may have. Each list looks through all of them. */
export const MAX_GRANTS = 50;

/** A grant: a right on a path part and all below it. Instants are RFC 3339. */
export type PermissionRow = {
  id: string;
  tenant_id: string;
  user_id: string;
  path_part_id: string;
  /** Where the part is now: a grant follows it. */
  materialized_path: string;
  capability: Capability;
  created_at: string;
  updated_at: string;
};

/** The columns of {@link PermissionRow} for a grant `g` on a part `part`. */
export const grantColumns = sql`
  g.id, g.tenant_id, g.user_id, g.path_part_id, part.materialized_path, g.capability,
  ${instant(sql`g.created_at`)} as created_at, ${instant(sql`g.updated_at`)} as updated_at`;

/** Joins its `part` to a grant `g`. */
export const joinPart = sql`join path_parts part on part.tenant_id = g.tenant_id and part.id = g.path_part_id`;

/** True for a grant `g` of the tenant that the principal `p` sees: their own; for an OWNER or ADMIN any. */
export const isVisible = (tenantId: string) =>
  sql`(p.tenant_id = ${tenantId} and g.tenant_id = p.tenant_id and (${isAdministrator} or g.user_id = p.user_id))`;

/**
 * One page of a user's grants, by path, and how many there are; null when there is no such user whose grants the
 * caller may see. A USER sees their own.
 * @throws Problem `unauthenticated`
 */
export async function listPermissions(
  db: Database,
  credential: Credential,
  request: { tenantId: string; userId: string; limit: number; offset: number },
): Promise<{ permissions: PermissionRow[]; total: number } | null> {
  const { tenantId, userId, limit, offset } = request;
  const { rows } = await repeatable(db).execute<{ id: string | null; total: number; permissions: PermissionRow[] }>(sql`
    with ${principal(credential)}, chosen as (
      select u.id, u.tenant_id from principal p join users u on u.tenant_id = p.tenant_id and u.id = ${userId}
      where p.tenant_id = ${tenantId} and (${isAdministrator} or u.id = p.user_id)
    ), granted as materialized (
      -- By itself, so that these few are sorted rather than all paths of the tenant read in order.
      select ${grantColumns} from chosen u
      join user_permissions g on g.tenant_id = u.tenant_id and g.user_id = u.id ${joinPart}
    )
    select chosen.id, (select count(*)::int from granted) as total,
      (select coalesce(jsonb_agg(to_jsonb(page)), '[]') from (
        select * from granted order by materialized_path limit ${limit} offset ${offset}
      ) page) as permissions, ${ofTenant}
    from principal p left join chosen on true`);
  const { id, ...found } = authenticated(rows);
  return id === null ? null : found;
}

/**
 * Takes a grant back.
 * @throws Problem `unauthenticated`, `not_found`, or `forbidden` for a USER's own
 */
export async function deletePermission(
  db: Database,
  credential: Credential,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<void> {
  const { rows } = await db.execute<Admission & { id: string | null }>(sql`
    with ${principal(credential)}, found as (
      select g.id from principal p join user_permissions g on g.id = ${id} and ${isVisible(tenantId)}
    ), deleted as (
      delete from user_permissions g using principal p, found where g.id = found.id and ${administers(tenantId)}
    )
    select found.id, ${admission(tenantId)}, ${ofTenant} from principal p left join found on true`);
  const { id: found, ...admitted } = authenticated(rows);
  if (found === null) throw new Problem("not_found", NO_PERMISSION);
  admitAdministrator(admitted);
}

export const NO_PERMISSION = "There is no such grant, or it is not yours to see.";
