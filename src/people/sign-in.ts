import { sql } from "drizzle-orm";
import { authenticated, ofTenant, principal } from "../db/access.ts";
import type { Database } from "../db/client.ts";
import type { NewSession } from "../http/credentials/session-token.ts";

/**
 * The session that begins with an API key: it lasts `seconds` from now, by the database's clock, or as long as the key
 * does.
 * @throws Problem `unauthenticated`
 */
export async function beginSession(db: Database, apiKeyHash: string, seconds: number): Promise<NewSession> {
  const { rows } = await db.execute<{ user_id: string; tenant_id: string; expires_at: number; key_id: string }>(sql`
    with ${principal({ apiKeyHash })}
    select p.user_id, p.tenant_id, k.id as key_id, ${ofTenant},
      floor(extract(epoch from least(statement_timestamp() + make_interval(secs => ${seconds}::int), k.expires_at)))::float8
        as expires_at
    from principal p join api_keys k on k.key_hash = decode(${apiKeyHash}, 'hex')`);
  const row = authenticated(rows);
  return { userId: row.user_id, tenantId: row.tenant_id, expiresAt: row.expires_at, apiKeyId: row.key_id };
}
