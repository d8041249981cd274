/** Who may administer a tenant. */
import { type SQL, sql } from "drizzle-orm";
import { type Caller, requireCaller } from "../db/caller.ts";
import { Problem } from "../http/problems.ts";

/** True when the caller is an OWNER or ADMIN of this tenant. */
export const administers = (caller: Caller, tenantId: string): SQL<boolean> =>
  sql<boolean>`(${caller.tenantId} = ${tenantId} and ${caller.isAdministrator})`;

/** What {@link admitAdministrator} needs to know; without a tenant's id, of the caller's own. */
export const admission = (caller: Caller, tenantId?: string) => ({
  tenantId: caller.tenantId,
  isOwnTenant: sql<boolean>`${tenantId === undefined ? sql`true` : sql`${caller.tenantId} = ${tenantId}`}`.as(
    "is_own_tenant",
  ),
  isAdministrator: caller.isAdministrator,
});

export type Admission = { tenantId: string; isOwnTenant: boolean; isAdministrator: boolean };

/**
 * Refuses whoever does not administer the tenant.
 * @throws Unauthenticated without a caller
 * @throws Problem `not_found` for another tenant than the caller's, `forbidden` for a USER
 */
export function admitAdministrator<Row extends Admission>(rows: readonly Row[]): Row {
  const row = requireCaller(rows);
  if (!row.isOwnTenant) throw new Problem("not_found", "There is no such tenant, or it is not yours to see.");
  if (!row.isAdministrator) throw new Problem("forbidden", "You need the role OWNER or ADMIN.");
  return row;
}
