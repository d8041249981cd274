import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type KeyKind, SCOPES } from "../db/enums.ts";
import { generateApiKey } from "../http/credentials/api-key.ts";
import type { AppEnv } from "../http/env.ts";
import { createRouter } from "../http/router.ts";
import { callerRead, callerWrite } from "../http/routes.ts";
import { givenInstant, instant, json, jsonBody, jsonContent, line, pageQuery, uuid } from "../http/schemas.ts";
import { perform } from "../verbs/perform.ts";
import { type CreatedApiKey, createApiKey, revokeApiKey } from "./api-key-verbs.ts";
import { type ApiKey, findApiKey, listApiKeys } from "./api-keys.ts";
import { apiKeyProblem } from "./refusals.ts";

const KEY = {
  id: "01920000-0000-7000-8000-000000000251",
  name: "Nightly export",
  key_suffix: "x2Qf",
  created_at: "2026-01-31T12:00:00.000Z",
};

const OWN_KEY = {
  ...KEY,
  kind: "user" as const,
  scopes: ["read" as const],
  expires_at: "2027-01-31T00:00:00.000Z",
  last_used_at: null,
};

const ApiKeyResponseSchema = z
  .strictObject({ id: uuid(), name: z.string(), key_suffix: z.string(), created_at: instant() })
  .openapi("ApiKeyResponse", { example: KEY });

export const CreateApiKeyResponseSchema = z
  .strictObject({
    id: uuid(),
    name: z.string(),
    key: z
      .string()
      .openapi({ description: "The secret key. Only this answer has it, since the service stores only its hash." }),
    key_suffix: z.string(),
    created_at: instant(),
  })
  .openapi("CreateApiKeyResponse", { example: { ...KEY, key: "wr_…x2Qf" } });

export const CreateApiKeyRequestSchema = z
  .strictObject({
    name: line(100),
    expires_at: givenInstant()
      .nullish()
      // The type is declared explicitly, since the one that `instant()` declares would hide that the value may be null.
      .openapi({ type: ["string", "null"], description: "When it expires. By default, it never does." }),
    scopes: z
      .array(z.enum(SCOPES))
      .min(1)
      .max(SCOPES.length)
      .nullish()
      .openapi({
        description:
          "What the key may at most do. `read`: each GET. `run`: trigger, stop, retry and delete runs, and fire triggers. `manage`: " +
          "change workflows, triggers, files and notifications. `metrics`: only read the metrics. A key with scopes makes no keys, " +
          "invites, users or permissions, opens no runner sessions and does not sign in. By default, it may do all that you may.",
      }),
  })
  .openapi("CreateApiKeyRequest", { example: { name: KEY.name } });

const keyParams = z.object({ api_key_id: uuid().openapi({ example: KEY.id }) });

// Not by `extend`, which is `allOf` in the document: the strict schema in it would allow none of the further properties.
const OwnApiKeySchema = z
  .strictObject({
    ...ApiKeyResponseSchema.shape,
    kind: z.enum(["user", "runner"]).openapi({ description: "A `runner` key can only lease runs." }),
    scopes: z.array(z.enum(SCOPES)).nullable().openapi({ description: "Null for a key without scopes." }),
    expires_at: instant().nullable().openapi({ description: "Null for a key that never expires." }),
    last_used_at: instant().nullable().openapi({
      description:
        "The beginning of the hour in which it was last used, as far as is known, or when it was made if that is later. Null for a key that was not used.",
    }),
  })
  .openapi("OwnApiKey", { example: OWN_KEY });

const OwnApiKeysSchema = z
  .strictObject({ items: z.array(OwnApiKeySchema) })
  .openapi("OwnApiKeys", { example: { items: [OWN_KEY] } });

/** The scopes of a request, each once and in their order; undefined for none. */
export const scopesIn = (given: readonly string[] | null | undefined) =>
  given ? SCOPES.filter((scope) => given.includes(scope)) : undefined;

const KINDS = { USER: "user", RUNNER: "runner" } as const satisfies Record<KeyKind, string>;

/** More than a user may have. */
const MAX_LISTED = 1000;

/** The contract's list has no pages. Without a query, the answer has all keys: up to the most that a user may have. */
const listQuery = pageQuery.extend({
  user_id: uuid().optional().openapi({
    description: "The user whose keys are listed; by default, you. Only an OWNER or ADMIN may name another user.",
  }),
  limit: z.coerce.number().int().min(1).max(MAX_LISTED).default(MAX_LISTED),
});

export const toApiKey = ({ id, name, keySuffix, createdAt }: CreatedApiKey): z.infer<typeof ApiKeyResponseSchema> => ({
  id,
  name,
  key_suffix: keySuffix,
  created_at: createdAt.toISOString(),
});

export const apiKeys = createRouter();

const createdKey = {
  201: {
    description: "The new key",
    headers: z.object({ Location: z.string().openapi({ description: "The URL of the key." }) }),
    content: jsonContent(CreateApiKeyResponseSchema),
  },
};

const ownKeys = {
  200: json("All keys, without their secrets", OwnApiKeysSchema),
};

const createKey = callerWrite({
  method: "post",
  path: "/v1/api-keys",
  operationId: "create_api_key",
  scope: "none",
  tags: ["API keys"],
  summary: "Create an API key",
  description: "It has all of your permissions, as far as its scopes allow. Only this answer has the key itself.",
  request: { body: jsonBody(CreateApiKeyRequestSchema) },
  problems: ["conflict"],
  responses: createdKey,
});

apiKeys.openapi(createKey, async (c) => {
  const { body, headers } = await makeKey(c, c.req.valid("json"));
  return c.json(body, 201, headers);
});

/** Makes a key of the caller, or of this service user. */
async function makeKey(c: Context<AppEnv>, given: z.infer<typeof CreateApiKeyRequestSchema>, userId?: string) {
  const { name, expires_at: expiresAt = null } = given;
  const scopes = scopesIn(given.scopes);
  const { key, ...stored } = await generateApiKey(c.env.config.cell, scopes);
  const request = { name, ...stored, expiresAt, scopes, ...(userId !== undefined && { userId }) };
  const { api_key: created } = (await perform(c.var.services, createApiKey, request)).result;
  const headers = { Location: `/v1/api-keys/${created.id}`, "Cache-Control": "no-store" };
  return { body: { ...toApiKey(created), key }, headers };
}

const listKeys = callerRead({
  path: "/v1/api-keys",
  operationId: "list_api_keys",
  tags: ["API keys"],
  summary: "List your API keys",
  description:
    "Newest first. " +
    "An OWNER or ADMIN can list those of another user with `user_id`. Revoked and expired keys are not listed.",
  request: { query: listQuery },
  responses: {
    200: json("The keys, without their secrets", z.array(ApiKeyResponseSchema).openapi({ example: [KEY] })),
  },
});

apiKeys.openapi(listKeys, async (c) => {
  const { user_id: userId, ...page } = c.req.valid("query");
  const keys = await listApiKeys(c.env.db, c.var.credential, { userId, ...page });
  return c.json(keys.map(toApiKey), 200);
});

/** The contract's keys have no more fields, so what else there is to know has a path of its own. */
const listOwnKeys = callerRead({
  path: "/v1/users/me/api-keys",
  operationId: "list_own_api_keys",
  tags: ["API keys"],
  summary: "List your API and runner keys",
  description: "Newest first, with their scopes, expiry and last use. Revoked and expired keys are not listed.",
  responses: ownKeys,
});

apiKeys.openapi(listOwnKeys, async (c) => {
  const keys = await listApiKeys(c.env.db, c.var.credential, { userId: undefined, limit: MAX_LISTED, offset: 0 });
  return c.json({ items: keys.map(toOwnApiKey) }, 200);
});

const toOwnApiKey = (key: ApiKey): z.infer<typeof OwnApiKeySchema> => ({
  ...toApiKey(key),
  kind: KINDS[key.kind],
  scopes: key.scopes,
  expires_at: key.expiresAt?.toISOString() ?? null,
  last_used_at: key.lastUsedAt?.toISOString() ?? null,
});

const userParams = z.object({ user_id: uuid().openapi({ example: "01920000-0000-7000-8000-000000000203" }) });

const createKeyOfUser = callerWrite({
  method: "post",
  path: "/v1/users/{user_id}/api-keys",
  operationId: "create_user_api_key",
  scope: "none",
  tags: ["API keys"],
  summary: "Create a key of a service user",
  description:
    "For OWNER and ADMIN. A service user is a USER without an email and a login; people make their own keys. The key has the permissions " +
    "of the service user, as far as its scopes allow. Only this answer has the key itself.",
  request: { params: userParams, body: jsonBody(CreateApiKeyRequestSchema) },
  problems: ["not_found", "conflict"],
  responses: createdKey,
});

apiKeys.openapi(createKeyOfUser, async (c) => {
  const { body, headers } = await makeKey(c, c.req.valid("json"), c.req.valid("param").user_id);
  return c.json(body, 201, headers);
});

const listKeysOfUser = callerRead({
  path: "/v1/users/{user_id}/api-keys",
  operationId: "list_user_api_keys",
  tags: ["API keys"],
  summary: "List the API keys of a user",
  description:
    "Newest first, with their scopes, expiry and last use. For OWNER and ADMIN; for others, the list of another user is empty. Revoked and expired keys are not listed.",
  request: { params: userParams },
  responses: ownKeys,
});

apiKeys.openapi(listKeysOfUser, async (c) => {
  const request = { userId: c.req.valid("param").user_id, limit: MAX_LISTED, offset: 0 };
  const keys = await listApiKeys(c.env.db, c.var.credential, request);
  return c.json({ items: keys.map(toOwnApiKey) }, 200);
});

const getKey = callerRead({
  path: "/v1/api-keys/{api_key_id}",
  operationId: "get_api_key",
  tags: ["API keys"],
  summary: "Get an API key",
  description: "When it expires, and when it was last used. The key itself is only in the answer to its creation.",
  request: { params: keyParams },
  problems: ["not_found"],
  responses: { 200: json("The key", ApiKeyResponseSchema) },
});

apiKeys.openapi(getKey, async (c) => {
  const key = await findApiKey(c.env.db, c.var.credential, c.req.valid("param").api_key_id);
  if (key === null) throw apiKeyProblem("not_found");
  return c.json(toApiKey(key), 200);
});

const deleteKey = callerWrite({
  method: "delete",
  path: "/v1/api-keys/{api_key_id}",
  operationId: "delete_api_key",
  scope: "none",
  tags: ["API keys"],
  summary: "Revoke an API key",
  description:
    "At once. " +
    "You may revoke your own keys. An OWNER or ADMIN may revoke any key of the tenant, but only the OWNER those of the OWNER.",
  request: { params: keyParams },
  problems: ["forbidden", "not_found"],
  responses: { 204: { description: "Revoked: requests with it are now answered 401" } },
});

apiKeys.openapi(deleteKey, async (c) => {
  await perform(c.var.services, revokeApiKey, c.req.valid("param").api_key_id);
  return c.body(null, 204);
});
