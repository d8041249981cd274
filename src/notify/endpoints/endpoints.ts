/** The verbs on endpoints, for an OWNER or ADMIN. Each calls the SQL function of the same name in migrations/functions. */
import { z } from "zod";
import type { Config } from "../../config.ts";
import type { Credential } from "../../db/access.ts";
import { callFunction, credentialArgument, doneSchema } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { NOTIFIED_EVENTS, type NotifiedEvent } from "../../db/enums.ts";
import { ValidationFailed } from "../../http/problems.ts";
import { encryptWebhookSecret } from "../../webhooks/secret-box.ts";
import { checkRunnerUrl } from "../../webhooks/url-guard.ts";
import { generateWebhookSecret } from "../../webhooks/webhook-secret.ts";
import { endpointProblem, endpointRefusalSchema } from "./refusals.ts";

/** An endpoint as the API shows it, without its secret. Instants are RFC 3339. */
const endpointSchema = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string().nullable(),
  event_types: z.array(z.enum(NOTIFIED_EVENTS)),
  workflow_definition_ids: z.array(z.string()).nullable(),
  is_active: z.boolean(),
  disabled_at: z.string().nullable(),
  disabled_reason: z.string().nullable(),
  failures: z.int(),
  failing_since: z.string().nullable(),
  next_probe_at: z.string().nullable(),
  old_secret_until: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type EndpointRow = z.infer<typeof endpointSchema>;

const answerSchema = z.union([z.object({ endpoint: endpointSchema }), endpointRefusalSchema]);

async function callForEndpoint(
  db: Database,
  name: string,
  args: Parameters<typeof callFunction>[2],
  options: { isRepeatable: boolean },
): Promise<EndpointRow> {
  const answer = await callFunction(db, name, args, answerSchema, options);
  if ("refused" in answer) throw endpointProblem(answer);
  return answer.endpoint;
}

export type EndpointServices = { db: Database; config: Config };

export type EndpointContent = {
  url: string;
  description: string | null;
  eventTypes: readonly NotifiedEvent[];
  /** Only events of these definitions are sent. Null: events of all definitions. */
  definitionIds: readonly string[] | null;
};

/**
 * Creates an endpoint, and returns it with its secret. The secret cannot be read again later.
 * @throws Unauthenticated
 * @throws Problem `forbidden`, or `conflict` when the tenant has 50 endpoints
 * @throws ValidationFailed for a URL that is refused, or definitions that do not exist
 */
export async function createEndpoint(
  { db, config }: EndpointServices,
  credential: Credential,
  id: string,
  { url, description, eventTypes, definitionIds }: EndpointContent,
): Promise<{ endpoint: EndpointRow; secret: string }> {
  checkUrl(config, url);
  const secret = generateWebhookSecret();
  const secretEncrypted = await encryptWebhookSecret(config.encryptionKeys, id, secret);
  const content = {
    url,
    description,
    event_types: [...new Set(eventTypes)],
    workflow_definition_ids: definitionIds,
    secret_encrypted: secretEncrypted,
  };
  const args = { credential: credentialArgument(credential), endpoint_id: id, content: { json: content } };
  return { endpoint: await callForEndpoint(db, "create_notification_endpoint", args, { isRepeatable: false }), secret };
}

const changedSchema = z.union([
  z.object({ endpoint: endpointSchema, has_new_secret: z.boolean() }),
  endpointRefusalSchema,
]);

/**
 * Changes those fields of an endpoint that are given. With another URL the endpoint also gets another secret, which is returned
 * and cannot be read again later. Otherwise `secret` is undefined.
 * @throws as {@link createEndpoint}, and Problem `not_found`
 */
export async function changeEndpoint(
  { db, config }: EndpointServices,
  credential: Credential,
  id: string,
  { url, description, eventTypes, definitionIds, isActive }: Partial<EndpointContent> & { isActive?: boolean },
): Promise<{ endpoint: EndpointRow; secret: string | undefined }> {
  if (url !== undefined) checkUrl(config, url);
  const changes = {
    ...(url !== undefined && { url }),
    ...(description !== undefined && { description }),
    ...(eventTypes !== undefined && { event_types: [...new Set(eventTypes)] }),
    ...(definitionIds !== undefined && { workflow_definition_ids: definitionIds }),
    ...(isActive !== undefined && { is_active: isActive }),
  };
  const secret = generateWebhookSecret();
  const args = {
    credential: credentialArgument(credential),
    endpoint_id: id,
    changes: { json: changes },
    secret_encrypted: await encryptWebhookSecret(config.encryptionKeys, id, secret),
  };
  const answer = await callFunction(db, "change_notification_endpoint", args, changedSchema, { isRepeatable: true });
  if ("refused" in answer) throw endpointProblem(answer);
  return { endpoint: answer.endpoint, secret: answer.has_new_secret ? secret : undefined };
}

function checkUrl({ allowLocalRunners, publicUrl }: Config, url: string): void {
  const msg = checkRunnerUrl(url, { allowLocal: allowLocalRunners, publicUrl });
  if (msg !== null) throw new ValidationFailed([{ loc: ["body", "url"], type: "value_error", msg, input: url }]);
}

/**
 * Gives an endpoint a new secret, and returns it. For 24 hours, messages are also signed with the old one.
 * @throws Unauthenticated
 * @throws Problem `forbidden` or `not_found`
 */
export async function rotateSecret(
  { db, config }: EndpointServices,
  credential: Credential,
  id: string,
): Promise<{ endpoint: EndpointRow; secret: string }> {
  const secret = generateWebhookSecret();
  const args = {
    credential: credentialArgument(credential),
    endpoint_id: id,
    secret_encrypted: await encryptWebhookSecret(config.encryptionKeys, id, secret),
  };
  return { endpoint: await callForEndpoint(db, "rotate_notification_secret", args, { isRepeatable: false }), secret };
}

/**
 * @throws Unauthenticated
 * @throws Problem `forbidden` or `not_found`
 */
export async function findEndpoint(db: Database, credential: Credential, id: string): Promise<EndpointRow> {
  const args = { credential: credentialArgument(credential), endpoint_id: id };
  return callForEndpoint(db, "find_notification_endpoint", args, { isRepeatable: true });
}

const listSchema = z.union([z.object({ items: z.array(endpointSchema), total: z.int() }), endpointRefusalSchema]);

/**
 * One page of the tenant's endpoints, newest first.
 * @throws Unauthenticated
 * @throws Problem `forbidden`
 */
export async function listEndpoints(
  db: Database,
  credential: Credential,
  page: { limit: number; offset: number },
): Promise<{ items: EndpointRow[]; total: number }> {
  const args = { credential: credentialArgument(credential), ...page };
  const answer = await callFunction(db, "list_notification_endpoints", args, listSchema, { isRepeatable: true });
  if ("refused" in answer) throw endpointProblem(answer);
  return answer;
}

/**
 * Deletes an endpoint and its deliveries.
 * @throws Unauthenticated
 * @throws Problem `forbidden` or `not_found`
 */
export async function deleteEndpoint(db: Database, credential: Credential, id: string): Promise<void> {
  const args = { credential: credentialArgument(credential), endpoint_id: id };
  const schema = z.union([endpointRefusalSchema, doneSchema]);
  const answer = await callFunction(db, "delete_notification_endpoint", args, schema);
  if (answer.refused !== undefined) throw endpointProblem(answer);
}
