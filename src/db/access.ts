import { type SQL, sql } from "drizzle-orm";
import { Problem } from "../http/problems.ts";
import { noteTenant } from "./meter.ts";
import { covers } from "./path-conditions.ts";

/** What a caller sent to say who they are. */
export type Credential =
  | {
      /** Hex SHA-256 of an API key. */
      apiKeyHash: string;
    }
  | { session: SessionClaims };

/**
 * What a session token says, once its signature is verified. Instants are seconds since 1970. A session that began with
 * an API key lasts no longer than the key works.
 */
export type SessionClaims = {
  userId: string;
  tenantId: string;
  expiresAt: number;
  notBefore: number;
  apiKeyId: string | null;
};

/** A credential as the SQL functions take it: see `find_caller` in migrations/functions/access.sql. */
export const credentialJson = (credential: Credential): string =>
  JSON.stringify(
    "session" in credential
      ? {
          user_id: credential.session.userId,
          tenant_id: credential.session.tenantId,
          expires_at: credential.session.expiresAt,
          not_before: credential.session.notBefore,
          api_key_id: credential.session.apiKeyId,
        }
      : { api_key_hash: credential.apiKeyHash },
  );

/**
 * The common table expressions that every statement on behalf of a caller begins with. `principal` has no row when the
 * credential is not valid now, and one row `(user_id, tenant_id, role)` when it is: a query that joins it cannot touch a
 * row without a caller and a tenant. `grants` has the permissions of a USER, and is not even looked up by a statement that
 * does not ask for it.
 */
export const principal = (credential: Credential): SQL => sql`principal as (
    select user_id, tenant_id, role from public.find_caller(${credentialJson(credential)}::jsonb)
  ), grants as (
    select p.tenant_id, permission.path, permission.capability
    from principal p cross join lateral public.permissions_of(p.role, p.tenant_id, p.user_id) permission
  )`;

/** True for an API key `k` that works, or would if its user were active. */
export const keyIsActive = sql`public.key_works(k.revoked_at, k.expires_at)`;

/** True when the principal `p` sees and may do everything in the tenant. */
export const isAdministrator = sql`public.is_administrator(p.role)`;

/** True when the path lies at or below a granted one. */
const isGranted = (path: SQL, capability: SQL) => sql`exists (
  select from grants g where ${covers(sql`g.path`, path)} and ${capability})`;

/** True when the principal `p` may read the path part whose path this is. */
export const mayRead = (path: SQL) => sql`(${isAdministrator} or ${isGranted(path, sql`true`)})`;

/** True when the principal `p` may write the path part whose path this is. */
export const mayWrite = (path: SQL) =>
  sql`(${isAdministrator} or ${isGranted(path, sql`g.capability = 'READ_WRITE'`)})`;

/** True for a definition `d` of the tenant of the principal `p` that they may see. */
export const definitionIsVisible = sql`(d.tenant_id = p.tenant_id and (${isAdministrator} or exists (
  select from path_parts part
  where part.tenant_id = d.tenant_id and part.id = d.path_part_id and ${mayRead(sql`part.materialized_path`)})))`;

/** True for a run `r` that the principal `p` may see: one they triggered, or of a definition they may read. */
export const runIsVisible = sql`(r.tenant_id = p.tenant_id and (${isAdministrator} or r.user_id = p.user_id or exists (
  select from workflow_definitions d where d.id = r.workflow_definition_id and ${definitionIsVisible})))`;

/** A common table expression for lists: the `id`s of the definitions that a USER may read; empty for administrators. */
export const readableDefinitions = sql`readable_definitions as (
  select readable.id
  from principal p cross join lateral public.readable_definitions(p.role, p.tenant_id, p.user_id) readable
)`;

/** As {@link runIsVisible}, for many runs at once: it needs {@link readableDefinitions}. */
export const runIsAmongVisible = sql`(r.tenant_id = p.tenant_id and (${isAdministrator} or r.user_id = p.user_id
  or r.workflow_definition_id in (select id from readable_definitions)))`;

/** True for a run `r` that the principal `p` may stop, retry or delete. */
export const runIsTheirs = sql`public.may_change_run(p.role, p.user_id, r.user_id)`;

/** The column in which a statement says, for the log, whose request it was part of. */
export const ofTenant = sql`(select tenant_id from principal) as of_tenant`;

/**
 * The row of a statement that answers one row for each principal, whatever else it found, without {@link ofTenant}.
 * @throws Problem `unauthenticated` when there was no principal.
 */
export function authenticated<Row extends object>(rows: readonly (Row & { of_tenant?: string })[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Problem("unauthenticated");
  if (row.of_tenant !== undefined) noteTenant(row.of_tenant);
  delete row.of_tenant;
  return row;
}

/** Whether the principal `p` administers the tenant, as the columns of {@link Admission}. */
export const admission = (tenantId: string) =>
  sql`p.tenant_id = ${tenantId} as is_own_tenant, ${isAdministrator} as is_administrator`;

/** True when the principal `p` administers the tenant. */
export const administers = (tenantId: string) => sql`(p.tenant_id = ${tenantId} and ${isAdministrator})`;

export type Admission = { is_own_tenant: boolean; is_administrator: boolean };

/**
 * Refuses who does not administer the tenant.
 * @throws Problem `not_found` for another tenant than the caller's, `forbidden` for a USER
 */
export function admitAdministrator({ is_own_tenant, is_administrator }: Admission): void {
  if (!is_own_tenant) throw new Problem("not_found", "There is no such tenant, or it is not yours to see.");
  if (!is_administrator) throw new Problem("forbidden", "You need the role OWNER or ADMIN.");
}
