/** The verbs that create and revoke API keys and runner keys. */
import { v7 as newId } from "uuid";
import { z } from "zod";
import type { Scope } from "../db/enums.ts";
import { MAX_ACTIVE_API_KEYS } from "../http/credentials/api-key.ts";
import { defineVerb } from "../verbs/verb.ts";
import type { ApiKey } from "./api-keys.ts";
import { apiKeyProblem, expiredKeyProblem, unknownDefinitionsProblem } from "./refusals.ts";

export type NewApiKey = {
  /** By default a new id. A call with the id of an earlier one answers what that one has created. */
  id?: string;
  name: string;
  /** Hex SHA-256 of the key. */
  hash: string;
  suffix: string;
  /** RFC 3339; null for a key that does not expire. */
  expiresAt: string | null;
  /** What the key may at most do, as its text says. */
  scopes?: readonly Scope[] | undefined;
  /** The service user who gets the key; by default, the caller. */
  userId?: string;
  /** Set for a runner key: the definitions whose runs it may lease, or null for all. */
  runner?: { definitionIds: readonly string[] | null };
};

export type CreatedApiKey = Omit<ApiKey, "kind" | "scopes" | "lastUsedAt">;

/** `api_key_response` in SQL. */
export const apiKeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    key_suffix: z.string(),
    created_at: z.coerce.date(),
    expires_at: z.coerce.date().nullable(),
  })
  .transform(
    ({ id, name, key_suffix: keySuffix, created_at: createdAt, expires_at: expiresAt }): CreatedApiKey => ({
      ...{ id, name, keySuffix, createdAt, expiresAt },
    }),
  );

/**
 * Creates an API key for the caller or, as an OWNER or ADMIN, for a service user. Only an OWNER or ADMIN may create a runner key. Refused
 * with Problem `forbidden`, `not_found` for a user whom the caller may not see, or `conflict` when the caller has the most keys of this
 * kind that are allowed; with ValidationFailed for a key that is already expired, or for definitions that do not exist.
 */
export const createApiKey = defineVerb({
  name: "create_api_key",
  args: ({ id = newId(), name, hash, suffix, expiresAt, scopes, userId, runner }: NewApiKey) => ({
    api_key_id: id,
    name,
    key_hash: hash,
    key_suffix: suffix,
    expires_at: expiresAt,
    kind: runner ? "RUNNER" : "USER",
    definition_ids: runner?.definitionIds ?? null,
    max_keys: MAX_ACTIVE_API_KEYS,
    scopes: scopes?.join() ?? null,
    user_id: userId ?? null,
  }),
  result: z.object({ api_key: apiKeySchema, is_new: z.boolean() }),
  refusals: z.union([
    z.object({ refused: z.enum(["forbidden", "expired", "too_many", "id_taken", "no_such_user", "not_service_user"]) }),
    z.object({ refused: z.literal("unknown_definitions"), ids: z.array(z.string()) }),
  ]),
  refuse: (refusal, { expiresAt }) => {
    switch (refusal.refused) {
      case "unknown_definitions":
        return unknownDefinitionsProblem(refusal.ids);
      case "expired":
        return expiredKeyProblem(expiresAt);
      default:
        return apiKeyProblem(refusal.refused);
    }
  },
});

/**
 * Revokes a key: from the next request on it is refused, and the streams of its user end.
 * Refused with Problem `not_found`, or `forbidden` for a key of the OWNER, which only the OWNER may revoke.
 */
export const revokeApiKey = defineVerb({
  name: "revoke_api_key",
  args: (id: string) => ({ api_key_id: id }),
  result: z.unknown(),
  refusals: z.object({ refused: z.enum(["not_found", "of_owner"]) }),
  refuse: ({ refused }) => apiKeyProblem(refused),
});
