import { sql } from "drizzle-orm";
import { authenticated, ofTenant, principal } from "../db/access.ts";
import type { Database } from "../db/client.ts";
import type { Role } from "../db/enums.ts";
import type { NewSession } from "../http/credentials/session-token.ts";

type SignInRow = {
  user_id: string;
  tenant_id: string;
  role: Role;
  key_id: string;
  name: string;
  tenant_name: string;
  expires_at: number;
};

/** How much of a name the session token carries, in characters: browsers keep cookies of up to 4096 bytes. */
const MAX_NAME = 80;

/**
 * The session that begins with an API key: it lasts `seconds` from now, by the database's clock, or as long as the key
 * does.
 * @throws Problem `unauthenticated`
 */
export async function beginSession(db: Database, apiKeyHash: string, seconds: number): Promise<NewSession> {
  const { rows } = await db.execute<SignInRow>(sql`
    with ${principal({ apiKeyHash })}
    select p.user_id, p.tenant_id, p.role, k.id as key_id, ${ofTenant},
      left(coalesce(nullif(concat_ws(' ', u.first_name, u.last_name), ''), u.email, right(u.id::text, 8)), ${MAX_NAME})
        as name,
      left(t.name, ${MAX_NAME}) as tenant_name,
      floor(extract(epoch from least(statement_timestamp() + make_interval(secs => ${seconds}::int), k.expires_at)))::float8
        as expires_at
    from principal p
    join api_keys k on k.key_hash = decode(${apiKeyHash}, 'hex')
    join users u on u.id = p.user_id
    join tenants t on t.id = p.tenant_id`);
  const row = authenticated(rows);
  const { user_id, tenant_id, expires_at, key_id, name, tenant_name, role } = row;
  const session = { userId: user_id, tenantId: tenant_id, expiresAt: expires_at, apiKeyId: key_id };
  return { ...session, name: { name, tenant_name, role } };
}
