import { type SQL, sql } from "drizzle-orm";
import { noteTenant } from "./meter.ts";

/** The credential that a caller sent. */
export type Credential =
  | {
      /** Hex SHA-256 of an API key. */
      apiKeyHash: string;
    }
  | { session: SessionClaims };

/**
 * The claims of a session token whose signature has been verified. Instants are in seconds since 1970. A session that began
 * with an API key (`apiKeyId`) ends when that key is revoked or expires.
 */
export type SessionClaims = {
  userId: string;
  tenantId: string;
  expiresAt: number;
  notBefore: number;
  apiKeyId: string | null;
  /** The email that the login service has verified, if it says so. */
  verifiedEmail: string | null;
};

/** Thrown when the database finds that a credential is not valid now. The request has no caller, so it is answered 401. */
export class Unauthenticated extends Error {
  constructor() {
    super("The database knows no caller with this credential.");
    this.name = "Unauthenticated";
  }
}

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
          verified_email: credential.session.verifiedEmail,
        }
      : { api_key_hash: credential.apiKeyHash },
  );

/**
 * For statements that are not written with drizzle's builder: the common table expression `principal`, as `callerBy` of
 * caller.ts. It has no row when the credential is not valid now, and one row `(user_id, tenant_id, role)` when it is.
 * `permitted` has the paths that a USER may read and write, and is not even looked up by a statement that does not ask for it.
 */
export const principal = (credential: Credential): SQL => sql`principal as (
    select user_id, tenant_id, role from public.find_caller(${credentialJson(credential)}::jsonb)
  ), permitted as (
    select paths.readable, paths.writable from principal p
    cross join lateral public.permitted_paths(p.role, p.tenant_id, p.user_id) paths
  )`;

/** True when the principal `p` sees and may do everything in the tenant. */
export const isAdministrator = sql`public.is_administrator(p.role)`;

/** True when the principal `p` may read the path part whose path this is. */
export const mayRead = (path: SQL) => sql`public.is_permitted(p.role, (select readable from permitted), ${path})`;

/** True when the principal `p` may write the path part whose path this is. */
export const mayWrite = (path: SQL) => sql`public.is_permitted(p.role, (select writable from permitted), ${path})`;

/** True for a definition `d` of the tenant of the principal `p` that they may see. */
export const definitionIsVisible = sql`(d.tenant_id = p.tenant_id
  and public.definition_is_visible(p.role, (select readable from permitted), d.tenant_id, d.path_part_id))`;

/** True for a run `r` that the principal `p` may see: one they triggered, or of a definition they may read. */
export const runIsVisible = sql`(r.tenant_id = p.tenant_id
  and public.may_see_run(p.role, p.tenant_id, p.user_id, r.user_id, r.workflow_definition_id))`;

/** A common table expression for lists: the `id`s of the definitions that a USER may read; empty for administrators. */
export const readableDefinitions = sql`readable_definitions as (
  select readable.id
  from principal p cross join lateral public.readable_definitions(p.role, p.tenant_id, p.user_id) readable
)`;

/** `principal` and `readable_definitions` by the names that drizzle's builder uses: see caller.ts. */
export const callerTables = sql`caller as (
  select user_id as caller_id, tenant_id as caller_tenant_id, role as caller_role,
    public.is_administrator(role) as caller_is_administrator
  from principal
), readable as (
  select id as readable_id from readable_definitions
)`;

/** As {@link runIsVisible}, for many runs at once: it needs {@link readableDefinitions}. */
export const runIsAmongVisible = sql`(r.tenant_id = p.tenant_id and public.run_is_visible(p.role, p.user_id, r.user_id,
  r.workflow_definition_id in (select id from readable_definitions)))`;

/** True for a run `r` that the principal `p` may stop, retry or delete. */
export const runIsTheirs = sql`public.may_change_run(p.role, p.user_id, r.user_id)`;

/** The column with the tenant of the principal. The request's log line shows it. */
export const ofTenant = sql`(select tenant_id from principal) as of_tenant`;

/**
 * The only row of a statement that returns one row when there is a principal, and no row when there is none. The column
 * {@link ofTenant} is noted for the log and removed.
 * @throws Unauthenticated when there is no row, and so no principal
 */
export function authenticated<Row extends object>(rows: readonly (Row & { of_tenant?: string })[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Unauthenticated();
  if (row.of_tenant !== undefined) noteTenant(row.of_tenant);
  delete row.of_tenant;
  return row;
}
