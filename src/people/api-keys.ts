import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import type { Credential } from "../db/access.ts";
import { type Caller, callerBy, maySeeUser, requireCaller } from "../db/caller.ts";
import { type Database, repeatable } from "../db/client.ts";
import type { Scope } from "../db/enums.ts";
import { apiKeys } from "../db/tables.ts";

/** The columns of {@link ApiKey}. */
export const apiKeyColumns = {
  id: apiKeys.id,
  name: apiKeys.name,
  keySuffix: apiKeys.keySuffix,
  createdAt: apiKeys.createdAt,
  expiresAt: apiKeys.expiresAt,
  kind: apiKeys.kind,
  scopes: sql<Scope[] | null>`string_to_array(${apiKeys.scopes}, ',')`,
  lastUsedAt: apiKeys.lastUsedAt,
};

/**
 * A key without its secret. `expiresAt` is null for one that does not expire, `lastUsedAt` for one that was not used, and `scopes` for one
 * without any.
 */
export type ApiKey = Omit<Pick<typeof apiKeys.$inferSelect, keyof typeof apiKeyColumns>, "scopes"> & {
  scopes: Scope[] | null;
};

/** True for a key that is neither revoked nor expired. */
export const keyWorks: SQL<boolean> = sql<boolean>`public.key_works(${apiKeys.revokedAt}, ${apiKeys.expiresAt})`;

/** True for a valid key that the caller may see: their own; for an OWNER or ADMIN, each key of the tenant. */
const keyIsVisible = (caller: Caller): SQL | undefined =>
  and(eq(apiKeys.tenantId, caller.tenantId), maySeeUser(caller, apiKeys.userId), keyWorks);

/**
 * The keys of one user that the caller may see, newest first. When no user is named, these are the caller's own. Only an OWNER
 * or ADMIN may see those of another user.
 * @throws Unauthenticated
 */
export async function listApiKeys(
  db: Database,
  credential: Credential,
  request: { userId: string | undefined; limit: number; offset: number },
): Promise<ApiKey[]> {
  const { userId, limit, offset } = request;
  const caller = callerBy(db, credential);
  const { callers, keys } = await repeatable(db).batch({
    callers: db.with(caller).select({ tenantId: caller.tenantId }).from(caller),
    keys: db
      .with(caller)
      .select(apiKeyColumns)
      .from(caller)
      .innerJoin(apiKeys, and(keyIsVisible(caller), eq(apiKeys.userId, userId ?? caller.userId)))
      .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id))
      .limit(limit)
      .offset(offset),
  });
  requireCaller(callers);
  return keys;
}

/**
 * The key. Null when it does not exist or the caller may not see it.
 * @throws Unauthenticated
 */
export async function findApiKey(db: Database, credential: Credential, id: string): Promise<ApiKey | null> {
  const caller = callerBy(db, credential);
  const query = db
    .with(caller)
    .select({ tenantId: caller.tenantId, key: apiKeyColumns })
    .from(caller)
    .leftJoin(apiKeys, and(eq(apiKeys.id, id), keyIsVisible(caller)));
  return requireCaller(await repeatable(db).select(query)).key;
}
