import { type SQL, sql } from "drizzle-orm";
import { Problem } from "../core/errors.ts";

/** What a caller sent to say who they are. */
export type Credential = {
  /** Hex SHA-256 of an API key. */
  apiKeyHash: string;
};

/**
 * The common table expression that every statement on behalf of a caller begins with and joins: no row
 * when the credential is not valid now, one row `(user_id, tenant_id, role)` when it is. A query that
 * joins it cannot touch a row without a caller and a tenant.
 */
export function principal(credential: Credential): SQL {
  return sql`principal as (
    select u.id as user_id, u.tenant_id, u.role
    from api_keys k
    join users u on u.tenant_id = k.tenant_id and u.id = k.user_id
    where k.key_hash = decode(${credential.apiKeyHash}, 'hex')
      and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > statement_timestamp())
      and u.deactivated_at is null
  )`;
}

/** True for a run `r` that the principal `p` may see: its tenant's, and theirs or anyone's for OWNER and ADMIN. */
export const runIsVisible = sql`(r.tenant_id = p.tenant_id and (p.role in ('OWNER', 'ADMIN') or r.user_id = p.user_id))`;

/**
 * The row of a statement that answers one row for each principal, whatever else it found.
 * @throws Problem `unauthenticated` when there was no principal.
 */
export function authenticated<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Problem("unauthenticated");
  return row;
}
