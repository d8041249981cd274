import { eq, sql } from "drizzle-orm";
import { callerBy, requireCaller } from "../db/caller.ts";
import type { Database } from "../db/client.ts";
import { apiKeys, tenants, users } from "../db/tables.ts";
import type { NewSession } from "../http/credentials/session-token.ts";

/** How many characters of a name the session token has. Browsers only keep cookies of up to 4096 bytes. */
const MAX_NAME = 80;

/**
 * The session for a sign-in with an API key. It ends `seconds` from now by the database's clock, or when the key ends if that
 * is earlier.
 * @throws Unauthenticated
 */
export async function beginSession(db: Database, apiKeyHash: string, seconds: number): Promise<NewSession> {
  const caller = callerBy(db, { apiKeyHash });
  const end = sql`least(statement_timestamp() + make_interval(secs => ${seconds}::int), ${apiKeys.expiresAt})`;
  const shown = sql`public.display_name(${users.firstName}, ${users.lastName}, ${users.email}, ${users.id})`;
  const rows = await db
    .with(caller)
    .select({
      userId: caller.userId,
      tenantId: caller.tenantId,
      role: caller.role,
      apiKeyId: apiKeys.id,
      name: sql<string>`left(${shown}, ${MAX_NAME})`,
      tenantName: sql<string>`left(${tenants.name}, ${MAX_NAME})`,
      beganAt: sql<number>`floor(extract(epoch from statement_timestamp()))::float8`,
      expiresAt: sql<number>`floor(extract(epoch from ${end}))::float8`,
    })
    .from(caller)
    .innerJoin(apiKeys, eq(apiKeys.keyHash, sql`decode(${apiKeyHash}, 'hex')`))
    .innerJoin(users, eq(users.id, caller.userId))
    .innerJoin(tenants, eq(tenants.id, caller.tenantId));
  const { userId, tenantId, apiKeyId, beganAt, expiresAt, name, tenantName, role } = requireCaller(rows);
  return { userId, tenantId, apiKeyId, beganAt, expiresAt, name: { name, tenant_name: tenantName, role } };
}
