import { and, desc, eq, inArray, isNull, lt, type SQL, sql } from "drizzle-orm";
import type { Credential } from "../db/access.ts";
import { type Caller, callerBy, maySeeUser, requireCaller } from "../db/caller.ts";
import { batch, type Database, repeatable } from "../db/client.ts";
import type { KeyKind } from "../db/enums.ts";
import { apiKeys, users, workflowDefinitions } from "../db/tables.ts";
import { MAX_ACTIVE_API_KEYS } from "../http/credentials/api-key.ts";
import { apiKeyProblem, expiredKeyProblem, unknownDefinitionsProblem } from "./refusals.ts";

/** The columns of {@link ApiKey}. */
export const apiKeyColumns = {
  id: apiKeys.id,
  name: apiKeys.name,
  keySuffix: apiKeys.keySuffix,
  createdAt: apiKeys.createdAt,
  expiresAt: apiKeys.expiresAt,
};

/** A key without its secret. `expiresAt` is null for one that does not expire. */
export type ApiKey = Pick<typeof apiKeys.$inferSelect, keyof typeof apiKeyColumns>;

/** True for a key that is neither revoked nor expired. */
export const keyWorks: SQL<boolean> = sql<boolean>`public.key_works(${apiKeys.revokedAt}, ${apiKeys.expiresAt})`;

/** True for a valid key that the caller may see: their own; for an OWNER or ADMIN, each key of the tenant. */
const keyIsVisible = (caller: Caller): SQL | undefined =>
  and(eq(apiKeys.tenantId, caller.tenantId), maySeeUser(caller, apiKeys.userId), keyWorks);

export type NewApiKey = {
  id: string;
  name: string;
  /** Hex SHA-256 of the key. */
  hash: string;
  suffix: string;
  /** RFC 3339; null for a key that does not expire. */
  expiresAt: string | null;
  /** Set for a runner key: the definitions whose runs it may lease, or null for all. */
  runner?: { definitionIds: readonly string[] | null };
};

/** Those ids that name no definition of the caller's tenant. */
const unknownDefinitions = (caller: Caller, ids: readonly string[]): SQL<string[]> => sql<string[]>`array(
  select named.id::text from unnest(${sql.param(ids)}::uuid[]) named (id)
  where not exists (select from ${workflowDefinitions} d where d.tenant_id = ${caller.tenantId} and d.id = named.id))`;

/**
 * Creates an API key for the caller. Only an OWNER or ADMIN may create a runner key.
 * @throws Unauthenticated
 * @throws Problem `forbidden`, or `conflict` when the caller has the most keys of this kind that are allowed
 * @throws ValidationFailed for a key that is already expired, or for definitions that do not exist
 */
export async function createApiKey(db: Database, credential: Credential, key: NewApiKey): Promise<ApiKey> {
  const caller = callerBy(db, credential);
  // now() is the same instant in all statements of the batch.
  const isExpired = sql<boolean>`coalesce(${key.expiresAt}::timestamptz <= now(), false)`;
  const kind: KeyKind = key.runner ? "RUNNER" : "USER";
  const definitionIds = key.runner?.definitionIds ?? null;
  const mayHave = sql<boolean>`(${kind}::text = 'USER' or ${caller.isAdministrator})`;
  const unknownIds = unknownDefinitions(caller, definitionIds ?? []);
  const active = db.$count(
    apiKeys,
    and(eq(apiKeys.tenantId, caller.tenantId), eq(apiKeys.userId, caller.userId), eq(apiKeys.kind, kind), keyWorks),
  );
  // Guarantees: a user has no more valid keys than allowed.
  // Closes the race between two requests that create the last allowed key: the first statement of the batch locks the user's
  // row.
  const {
    locked,
    inserted: [created],
  } = await batch(db, {
    locked: db
      .with(caller)
      .select({ tenantId: caller.tenantId, isExpired, mayHave, unknownIds })
      .from(caller)
      .innerJoin(users, eq(users.id, caller.userId))
      .for("no key update", { of: users }),
    inserted: db
      .insert(apiKeys)
      .select(
        db
          .with(caller)
          .select({
            id: sql<string>`${key.id}::uuid`.as("id"),
            tenantId: caller.tenantId,
            userId: caller.userId,
            name: sql<string>`${key.name}::text`.as("name"),
            keyHash: sql<string>`decode(${key.hash}, 'hex')`.as("key_hash"),
            keySuffix: sql<string>`${key.suffix}::text`.as("key_suffix"),
            kind: sql<KeyKind>`${kind}::text`.as("kind"),
            workflowDefinitionIds: sql<string[] | null>`${sql.param(definitionIds)}::uuid[]`.as(
              "workflow_definition_ids",
            ),
            createdAt: sql<Date>`statement_timestamp()`.as("created_at"),
            expiresAt: sql<Date | null>`${key.expiresAt}::timestamptz`.as("expires_at"),
            revokedAt: sql<Date | null>`null::timestamptz`.as("revoked_at"),
          })
          .from(caller)
          .where(
            and(
              sql`not ${isExpired} and ${mayHave} and cardinality(${unknownIds}) = 0`,
              lt(active, MAX_ACTIVE_API_KEYS),
            ),
          ),
      )
      .returning(apiKeyColumns),
  });
  const judged = requireCaller(locked);
  if (!judged.mayHave) throw apiKeyProblem("forbidden");
  if (judged.unknownIds.length > 0) throw unknownDefinitionsProblem(judged.unknownIds);
  if (judged.isExpired) throw expiredKeyProblem(key.expiresAt);
  if (created === undefined) throw apiKeyProblem("too_many");
  return created;
}

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

/**
 * Revokes a key: from the next request on it is refused. Returns the id of its user.
 * @throws Unauthenticated
 * @throws Problem `not_found`, or `forbidden` for a key of the OWNER, which only the OWNER may revoke
 */
export async function revokeApiKey(
  db: Database,
  credential: Credential,
  id: string,
): Promise<{ tenantId: string; userId: string }> {
  const caller = callerBy(db, credential);
  // Otherwise an ADMIN could lock the OWNER out.
  const mayRevoke = sql<boolean>`(${users.role} <> 'OWNER' or ${users.id} = ${caller.userId})`;
  const chosen = db
    .select({ id: apiKeys.id })
    .from(caller)
    .innerJoin(apiKeys, and(eq(apiKeys.id, id), keyIsVisible(caller)))
    .innerJoin(users, and(eq(users.id, apiKeys.userId), mayRevoke));
  const { found, revoked } = await batch(db, {
    found: db
      .with(caller)
      .select({ tenantId: caller.tenantId, id: apiKeys.id, mayRevoke })
      .from(caller)
      .leftJoin(apiKeys, and(eq(apiKeys.id, id), keyIsVisible(caller)))
      .leftJoin(users, eq(users.id, apiKeys.userId)),
    // When two requests revoke the key at once, the second waits here and then finds it revoked.
    revoked: db
      .with(caller)
      .update(apiKeys)
      .set({ revokedAt: sql`statement_timestamp()` })
      .where(and(inArray(apiKeys.id, chosen), isNull(apiKeys.revokedAt)))
      .returning({ userId: apiKeys.userId }),
  });
  const key = requireCaller(found);
  if (key.id !== null && !key.mayRevoke) throw apiKeyProblem("of_owner");
  const [owner] = revoked;
  if (owner === undefined) throw apiKeyProblem("not_found");
  return { tenantId: key.tenantId, userId: owner.userId };
}
