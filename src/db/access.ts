import { type SQL, sql } from "drizzle-orm";
import { Problem } from "../http/problems.ts";
import { noteTenant } from "./meter.ts";
import { covers, isAtOrBelow } from "./path-conditions.ts";

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

/** How far the clock of a session token's issuer may be from the database's. */
const CLOCK_LEEWAY = sql`interval '30 seconds'`;

/**
 * The common table expressions that every statement on behalf of a caller begins with. `principal` has no
 * row when the credential is not valid now, and one row `(user_id, tenant_id, role)` when it is: a query that
 * joins it cannot touch a row without a caller and a tenant. `grants` has the paths that were granted to a
 * USER, and is not even looked up by a statement that does not ask for it.
 */
export const principal = (credential: Credential): SQL =>
  principalWho(
    "session" in credential ? provenBySession(credential.session) : provenByApiKey(sql`${credential.apiKeyHash}`),
  );

/** As {@link principal}, for the one row `(tenant_id, user_id)` of `proven`, if it has one. */
export function principalWho(proven: SQL): SQL {
  return sql`principal as (
    select u.id as user_id, u.tenant_id, u.role
    from (${proven}) proven
    join users u on u.tenant_id = proven.tenant_id and u.id = proven.user_id
    where u.deactivated_at is null
  ), grants as (
    select part.tenant_id, part.materialized_path as path, g.capability
    from principal p
    join user_permissions g on g.tenant_id = p.tenant_id and g.user_id = p.user_id and p.role = 'USER'
    join path_parts part on part.tenant_id = g.tenant_id and part.id = g.path_part_id
  )`;
}

/** True for an API key `k` that works, or would if its user were active. */
export const keyIsActive = sql`(k.revoked_at is null and (k.expires_at is null or k.expires_at > statement_timestamp()))`;

export const provenByApiKey = (hash: SQL) => sql`
  select k.tenant_id, k.user_id from api_keys k where k.key_hash = decode(${hash}, 'hex') and ${keyIsActive}`;

/** Each claim is a value, or what gives it. */
export const provenBySession = ({
  userId,
  tenantId,
  expiresAt,
  notBefore,
  apiKeyId,
}: Record<keyof SessionClaims, unknown>) => sql`
  select ${tenantId}::uuid as tenant_id, ${userId}::uuid as user_id
  where statement_timestamp() < to_timestamp(${expiresAt}::float8) + ${CLOCK_LEEWAY}
    and statement_timestamp() >= to_timestamp(${notBefore}::float8) - ${CLOCK_LEEWAY}
    and (${apiKeyId}::uuid is null or exists (
      select from api_keys k where k.tenant_id = ${tenantId}::uuid and k.id = ${apiKeyId}::uuid and ${keyIsActive}))`;

/** True when the principal `p` sees and may do everything in the tenant. */
export const isAdministrator = sql`(p.role in ('OWNER', 'ADMIN'))`;

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

/**
 * A common table expression for lists: the `id`s of the definitions that a USER may read. It begins with the grants,
 * so that a USER does not wait for all that the tenant has. Empty for those who need no grants.
 */
export const readableDefinitions = sql`readable_definitions as (
  select distinct d.id
  from grants g
  join path_parts node on node.tenant_id = g.tenant_id and node.part_type = 'WORKFLOW_DEFINITION'
    and ${isAtOrBelow(sql`node.materialized_path`, sql`g.path`)}
  join workflow_definitions d on d.tenant_id = node.tenant_id and d.path_part_id = node.id
)`;

/** As {@link runIsVisible}, for many runs at once: it needs {@link readableDefinitions}. */
export const runIsAmongVisible = sql`(r.tenant_id = p.tenant_id and (${isAdministrator} or r.user_id = p.user_id
  or r.workflow_definition_id in (select id from readable_definitions)))`;

/** True for a run `r` that the principal `p` may stop, retry or delete. */
export const runIsTheirs = sql`(${isAdministrator} or r.user_id = p.user_id)`;

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
