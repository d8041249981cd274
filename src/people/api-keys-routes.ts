import { z } from "@hono/zod-openapi";
import { v7 as newId } from "uuid";
import { generateApiKey } from "../http/credentials/api-key.ts";
import { createRouter } from "../http/router.ts";
import { callerRead, callerWrite } from "../http/routes.ts";
import { givenInstant, instant, line, pageQuery, uuid } from "../http/schemas.ts";
import { type ApiKey, createApiKey, findApiKey, listApiKeys, revokeApiKey } from "./api-keys.ts";
import { apiKeyProblem } from "./refusals.ts";

const KEY = {
  id: "01920000-0000-7000-8000-000000000251",
  name: "Nightly export",
  key_suffix: "x2Qf",
  created_at: "2026-01-31T12:00:00.000Z",
};

const ApiKeyResponseSchema = z
  .strictObject({ id: uuid(), name: z.string(), key_suffix: z.string(), created_at: instant() })
  .openapi("ApiKeyResponse", { example: KEY });

const CreateApiKeyResponseSchema = z
  .strictObject({
    id: uuid(),
    name: z.string(),
    key: z.string().openapi({ description: "The secret. It is shown this once, and only its hash is kept." }),
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
      .openapi({ type: ["string", "null"], description: "When it stops working. Never, unless you say so." }),
  })
  .openapi("CreateApiKeyRequest", { example: { name: KEY.name } });

const keyParams = z.object({ api_key_id: uuid().openapi({ example: KEY.id }) });

/** The contract's list has no pages. Without a query, the answer has all keys: up to the most that a user may have. */
const listQuery = pageQuery.extend({
  user_id: uuid()
    .optional()
    .openapi({ description: "Whose keys, for an OWNER or ADMIN. Your own, unless you say so." }),
  limit: z.coerce.number().int().min(1).max(1000).default(1000),
});

const toApiKey = ({ id, name, keySuffix, createdAt }: ApiKey): z.infer<typeof ApiKeyResponseSchema> => ({
  id,
  name,
  key_suffix: keySuffix,
  created_at: createdAt.toISOString(),
});

export const apiKeys = createRouter();

const createKey = callerWrite({
  method: "post",
  path: "/v1/api-keys",
  operationId: "create_api_key",
  tags: ["API keys"],
  summary: "Make an API key of your own",
  description: "It can do what you can. The key itself is in this answer and never again.",
  request: { body: { required: true, content: { "application/json": { schema: CreateApiKeyRequestSchema } } } },
  problems: ["conflict"],
  responses: {
    201: {
      description: "The new key",
      headers: z.object({ Location: z.string().openapi({ description: "Where the key is found." }) }),
      content: { "application/json": { schema: CreateApiKeyResponseSchema } },
    },
  },
});

apiKeys.openapi(createKey, async (c) => {
  const { name, expires_at: expiresAt = null } = c.req.valid("json");
  const { key, hash, suffix } = await generateApiKey();
  const created = await createApiKey(c.env.db, c.var.credential, { id: newId(), name, hash, suffix, expiresAt });
  return c.json({ ...toApiKey(created), key }, 201, {
    Location: `/v1/api-keys/${created.id}`,
    "Cache-Control": "no-store",
  });
});

const listKeys = callerRead({
  path: "/v1/api-keys",
  operationId: "list_api_keys",
  tags: ["API keys"],
  summary: "Your API keys, newest first",
  description:
    "An OWNER or ADMIN sees those of somebody else with `user_id`. A key that is revoked or expired is not listed.",
  request: { query: listQuery },
  responses: {
    200: {
      description: "The keys, without their secrets",
      content: { "application/json": { schema: z.array(ApiKeyResponseSchema).openapi({ example: [KEY] }) } },
    },
  },
});

apiKeys.openapi(listKeys, async (c) => {
  const { user_id: userId, ...page } = c.req.valid("query");
  const keys = await listApiKeys(c.env.db, c.var.credential, { userId, ...page });
  return c.json(keys.map(toApiKey), 200);
});

const getKey = callerRead({
  path: "/v1/api-keys/{api_key_id}",
  operationId: "get_api_key",
  tags: ["API keys"],
  summary: "One API key, without its secret",
  request: { params: keyParams },
  problems: ["not_found"],
  responses: {
    200: { description: "The key", content: { "application/json": { schema: ApiKeyResponseSchema } } },
  },
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
  tags: ["API keys"],
  summary: "Revoke an API key, at once",
  description: "Your own; for an OWNER or ADMIN any of the tenant, but only the OWNER revokes the OWNER's keys.",
  request: { params: keyParams },
  problems: ["forbidden", "not_found"],
  responses: {
    204: { description: "From now on it is answered 401" },
  },
});

apiKeys.openapi(deleteKey, async (c) => {
  const owner = await revokeApiKey(c.env.db, c.var.credential, c.req.valid("param").api_key_id);
  c.executionCtx.waitUntil(c.env.live.endStreams(owner));
  return c.body(null, 204);
});
