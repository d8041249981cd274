import { sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { authenticated, ofTenant, principal } from "../principal.ts";

/**
 * Whose an API key is, and until when a session may last that begins with it: `seconds` from now, or as long as the key
 * does. In seconds since 1970, by the database's clock.
 * @throws Problem `unauthenticated`
 */
export async function beginSession(
  db: Database,
  apiKeyHash: string,
  seconds: number,
): Promise<{ userId: string; tenantId: string; expiresAt: number }> {
  const { rows } = await db.execute<{ user_id: string; tenant_id: string; expires_at: number }>(sql`
    with ${principal({ apiKeyHash })}
    select p.user_id, p.tenant_id, ${ofTenant},
      floor(extract(epoch from least(statement_timestamp() + make_interval(secs => ${seconds}::int), k.expires_at)))::float8
        as expires_at
    from principal p join api_keys k on k.key_hash = decode(${apiKeyHash}, 'hex')`);
  const row = authenticated(rows);
  return { userId: row.user_id, tenantId: row.tenant_id, expiresAt: row.expires_at };
}
