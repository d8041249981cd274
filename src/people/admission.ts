/** Who may administer a tenant. */
import { sql } from "drizzle-orm";
import { isAdministrator } from "../db/access.ts";
import { Problem } from "../http/problems.ts";

/** Whether the principal `p` administers the tenant, as the columns of {@link Admission}. */
export const admission = (tenantId: string) =>
  sql`p.tenant_id = ${tenantId} as is_own_tenant, ${isAdministrator} as is_administrator`;

/** True when the principal `p` administers the tenant. */
export const administers = (tenantId: string) => sql`(p.tenant_id = ${tenantId} and ${isAdministrator})`;

export type Admission = { is_own_tenant: boolean; is_administrator: boolean };

/**
 * Refuses whoever does not administer the tenant.
 * @throws Problem `not_found` for another tenant than the caller's, `forbidden` for a USER
 */
export function admitAdministrator({ is_own_tenant, is_administrator }: Admission): void {
  if (!is_own_tenant) throw new Problem("not_found", "There is no such tenant, or it is not yours to see.");
  if (!is_administrator) throw new Problem("forbidden", "You need the role OWNER or ADMIN.");
}
