import { sql } from "drizzle-orm";
import { authenticated, type Credential, isAdministrator, keyIsActive, ofTenant, principal } from "../db/access.ts";
import { type Database, repeatable } from "../db/client.ts";
import { instant, type Missing } from "../db/rows.ts";
import { MAX_ACTIVE_API_KEYS } from "../http/credentials/api-key.ts";
import { Problem, ValidationFailed } from "../http/problems.ts";

/** A key without its secret. Instants are RFC 3339. */
export type ApiKeyRow = { id: string; name: string; key_suffix: string; created_at: string };

/** True for a key `k` that the principal `p` sees and may revoke. One that no longer works is not there any more. */
const keyIsVisible = sql`(k.tenant_id = p.tenant_id and (${isAdministrator} or k.user_id = p.user_id) and ${keyIsActive})`;

/** The columns of {@link ApiKeyRow} for a key `k`. */
export const keyColumns = sql`k.id, k.name, k.key_suffix, ${instant(sql`k.created_at`)} as created_at`;

export type NewApiKey = {
  id: string;
  name: string;
  /** Hex SHA-256 of the key. */
  hash: string;
  suffix: string;
  /** RFC 3339; null for a key that does not expire. */
  expiresAt: string | null;
};

/**
 * Gives the caller one more key.
 * @throws Problem `unauthenticated`, or `conflict` when they have as many as they may
 * @throws ValidationFailed for a key that has expired already
 */
export async function createApiKey(db: Database, credential: Credential, key: NewApiKey): Promise<ApiKeyRow> {
  const expiresAt = sql`${key.expiresAt}::timestamptz`;
  // Guarantees: a user has at most so many keys that work.
  // Closes the race between two who create the last one: the user's row is locked since the batch's first statement.
  const [, { rows }] = await db.batch([
    db.execute(sql`
      with ${principal(credential)}
      select u.id from principal p join users u on u.id = p.user_id for no key update of u`),
    db.execute<(ApiKeyRow | Missing) & { is_expired: boolean }>(sql`
      with ${principal(credential)}, k as (
        insert into api_keys (id, tenant_id, user_id, name, key_hash, key_suffix, expires_at)
        select ${key.id}, p.tenant_id, p.user_id, ${key.name}, decode(${key.hash}, 'hex'), ${key.suffix}, ${expiresAt}
        from principal p
        where coalesce(${expiresAt} > statement_timestamp(), true) and ${MAX_ACTIVE_API_KEYS} > (
          select count(*) from api_keys k where k.tenant_id = p.tenant_id and k.user_id = p.user_id and ${keyIsActive})
        returning *
      )
      select ${keyColumns}, coalesce(${expiresAt} <= statement_timestamp(), false) as is_expired, ${ofTenant}
      from principal p left join k on true`),
  ]);
  const { is_expired, ...row } = authenticated(rows);
  if (is_expired) {
    const msg = "Must be in the future.";
    throw new ValidationFailed([{ loc: ["body", "expires_at"], type: "value_error", msg, input: key.expiresAt }]);
  }
  if (row.id === null) {
    throw new Problem("conflict", `You have ${MAX_ACTIVE_API_KEYS} API keys already. Revoke one that is not needed.`);
  }
  return row;
}

/**
 * The keys that the caller sees, newest first: their own; for an OWNER or ADMIN the tenant's, or those of one user.
 * @throws Problem `unauthenticated`
 */
export async function listApiKeys(
  db: Database,
  credential: Credential,
  request: { userId: string | undefined; limit: number; offset: number },
): Promise<ApiKeyRow[]> {
  const isOfUser = request.userId === undefined ? sql`true` : sql`k.user_id = ${request.userId}`;
  const { rows } = await repeatable(db).execute<{ keys: ApiKeyRow[] }>(sql`
    with ${principal(credential)}
    select (select coalesce(jsonb_agg(to_jsonb(page)), '[]') from (
      select ${keyColumns} from api_keys k where ${keyIsVisible} and ${isOfUser}
      order by k.created_at desc, k.id desc limit ${request.limit} offset ${request.offset}
    ) page) as keys, ${ofTenant}
    from principal p`);
  return authenticated(rows).keys;
}

/**
 * The key, or null when there is none that the caller sees.
 * @throws Problem `unauthenticated`
 */
export async function findApiKey(db: Database, credential: Credential, id: string): Promise<ApiKeyRow | null> {
  const { rows } = await repeatable(db).execute<ApiKeyRow | Missing>(sql`
    with ${principal(credential)}
    select ${keyColumns}, ${ofTenant} from principal p left join api_keys k on k.id = ${id} and ${keyIsVisible}`);
  const row = authenticated(rows);
  return row.id === null ? null : row;
}

/**
 * Revokes a key: whoever holds it is out from the next request on.
 * @throws Problem `unauthenticated` or `not_found`
 */
export async function revokeApiKey(db: Database, credential: Credential, id: string): Promise<void> {
  const { rows } = await db.execute<{ id: string | null }>(sql`
    with ${principal(credential)}, revoked as (
      update api_keys k set revoked_at = statement_timestamp()
      from principal p
      where k.id = ${id} and ${keyIsVisible}
      returning k.id
    )
    select revoked.id, ${ofTenant} from principal p left join revoked on true`);
  if (authenticated(rows).id === null) throw new Problem("not_found", NO_API_KEY);
}

export const NO_API_KEY = "There is no such API key, or it is revoked, expired or not yours to see.";
