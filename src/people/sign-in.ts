import { eq, sql } from "drizzle-orm";
import { callerBy, requireCaller } from "../db/caller.ts";
import type { Database } from "../db/client.ts";
import type { Role } from "../db/enums.ts";
import { apiKeys, tenants, users } from "../db/tables.ts";
import type { NewSession, SessionName } from "../http/credentials/session-token.ts";

/** How many characters of a name the session token has. Browsers only keep cookies of up to 4096 bytes. */
const MAX_NAME = 80;

/** What the session token says about a user. */
export const sessionName = (user: { name: string; tenantName: string; role: Role }): SessionName => ({
  name: user.name.slice(0, MAX_NAME),
  tenant_name: user.tenantName.slice(0, MAX_NAME),
  role: user.role,
});

/**
 * The session for a sign-in with an API key. It ends `seconds` from now by the database's clock, or when the key ends if that
 * is earlier.
 * @throws Unauthenticated
 */
export async function beginSession(db: Database, apiKeyHash: string, seconds: number): Promise<NewSession> {
  const caller = callerBy(db, { apiKeyHash });
  const end = sql`least(statement_timestamp() + make_interval(secs => ${seconds}::int), ${apiKeys.expiresAt})`;
  const name = sql<string>`public.display_name(${users.firstName}, ${users.lastName}, ${users.email}, ${users.id})`;
  const rows = await db
    .with(caller)
    .select({
      userId: caller.userId,
      tenantId: caller.tenantId,
      role: caller.role,
      apiKeyId: apiKeys.id,
      name,
      tenantName: tenants.name,
      beganAt: sql<number>`floor(extract(epoch from statement_timestamp()))::float8`,
      expiresAt: sql<number>`floor(extract(epoch from ${end}))::float8`,
    })
    .from(caller)
    .innerJoin(apiKeys, eq(apiKeys.keyHash, sql`decode(${apiKeyHash}, 'hex')`))
    .innerJoin(users, eq(users.id, caller.userId))
    .innerJoin(tenants, eq(tenants.id, caller.tenantId));
  const { userId, tenantId, apiKeyId, beganAt, expiresAt, ...user } = requireCaller(rows);
  return { userId, tenantId, apiKeyId, loginId: null, beganAt, expiresAt, name: sessionName(user) };
}
