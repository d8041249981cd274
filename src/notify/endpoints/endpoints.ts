/** The verbs on endpoints, and reads of them, for an OWNER or ADMIN. A verb that gives an endpoint a secret makes it here. */
import { z } from "zod";
import type { Config } from "../../config.ts";
import type { Credential } from "../../db/access.ts";
import { callFunction, credentialArgument, openSet } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { NOTIFIED_EVENTS, type NotifiedEvent } from "../../db/enums.ts";
import { ValidationFailed } from "../../http/problems.ts";
import { perform } from "../../verbs/perform.ts";
import type { VerbServices } from "../../verbs/services.ts";
import { defineVerb } from "../../verbs/verb.ts";
import { encryptWebhookSecret } from "../../webhooks/secret-box.ts";
import { checkRunnerUrl } from "../../webhooks/url-guard.ts";
import { generateWebhookSecret } from "../../webhooks/webhook-secret.ts";
import { endpointProblem, endpointRefusalSchema } from "./refusals.ts";

/** An endpoint as the API shows it, without its secret. Instants are RFC 3339. */
const endpointSchema = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string().nullable(),
  event_types: z.array(openSet(NOTIFIED_EVENTS)),
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

/** What the verbs on one endpoint have in common. */
const VERB = {
  result: z.object({ endpoint: endpointSchema }),
  refusals: endpointRefusalSchema,
  refuse: endpointProblem,
};

export type EndpointContent = {
  url: string;
  description: string | null;
  eventTypes: readonly NotifiedEvent[];
  /** Only events of these definitions are sent. Null: events of all definitions. */
  definitionIds: readonly string[] | null;
};

/** An endpoint, and its secret in the form in which it is stored. */
type WithSecret = { id: string; secretEncrypted: string };

const createNotificationEndpoint = defineVerb({
  ...VERB,
  name: "create_notification_endpoint",
  args: ({ id, secretEncrypted, content }: WithSecret & { content: EndpointContent }) => ({
    endpoint_id: id,
    content: { json: { ...storedFields(content), secret_encrypted: secretEncrypted } },
  }),
  result: z.object({ endpoint: endpointSchema, is_new: z.boolean() }),
});

const changeNotificationEndpoint = defineVerb({
  ...VERB,
  name: "change_notification_endpoint",
  args: ({ id, secretEncrypted, changes }: WithSecret & { changes: EndpointChanges }) => ({
    endpoint_id: id,
    changes: { json: storedFields(changes) },
    secret_encrypted: secretEncrypted,
  }),
  result: z.object({ endpoint: endpointSchema, has_new_secret: z.boolean() }),
  isRepeatable: true,
});

const rotateNotificationSecret = defineVerb({
  ...VERB,
  name: "rotate_notification_secret",
  args: ({ id, secretEncrypted, seenAt }: WithSecret & { seenAt: string | null }) => ({
    endpoint_id: id,
    secret_encrypted: secretEncrypted,
    seen_at: seenAt,
  }),
});

/** Deletes an endpoint and its deliveries. Refused with Problem `forbidden` or `not_found`. */
export const deleteEndpoint = defineVerb({
  ...VERB,
  name: "delete_notification_endpoint",
  args: (id: string) => ({ endpoint_id: id }),
  result: z.unknown(),
});

/** Those fields of an endpoint that are given, by their names in the database. */
const storedFields = ({ url, description, eventTypes, definitionIds, isActive }: EndpointChanges) => ({
  ...(url !== undefined && { url }),
  ...(description !== undefined && { description }),
  ...(eventTypes !== undefined && { event_types: [...new Set(eventTypes)] }),
  ...(definitionIds !== undefined && { workflow_definition_ids: definitionIds }),
  ...(isActive !== undefined && { is_active: isActive }),
});

type EndpointChanges = Partial<EndpointContent> & { isActive?: boolean };

/** A new secret for an endpoint. It cannot be read again later. */
async function newSecret({ config }: VerbServices, id: string) {
  const secret = generateWebhookSecret();
  return { secret, secretEncrypted: await encryptWebhookSecret(config.encryptionKeys, id, secret) };
}

/**
 * Creates an endpoint, and returns it with its secret. The secret cannot be read again later. When an earlier call with this id
 * has created the endpoint, `isNew` is false, and the endpoint has another secret.
 * @throws Unauthenticated
 * @throws Problem `forbidden`, or `conflict` when the tenant has 50 endpoints
 * @throws ValidationFailed for a URL that is refused, or definitions that do not exist
 */
export async function createEndpoint(
  services: VerbServices,
  id: string,
  content: EndpointContent,
): Promise<{ endpoint: EndpointRow; secret: string; isNew: boolean }> {
  checkUrl(services.config, content.url);
  const { secret, secretEncrypted } = await newSecret(services, id);
  const { result } = await perform(services, createNotificationEndpoint, { id, secretEncrypted, content });
  return { endpoint: result.endpoint, secret, isNew: result.is_new };
}

/**
 * Changes those fields of an endpoint that are given. With another URL the endpoint also gets another secret, which is returned
 * and cannot be read again later. Otherwise `secret` is undefined.
 * @throws as {@link createEndpoint}, and Problem `not_found`
 */
export async function changeEndpoint(
  services: VerbServices,
  id: string,
  changes: EndpointChanges,
): Promise<{ endpoint: EndpointRow; secret: string | undefined }> {
  if (changes.url !== undefined) checkUrl(services.config, changes.url);
  const { secret, secretEncrypted } = await newSecret(services, id);
  const { result } = await perform(services, changeNotificationEndpoint, { id, secretEncrypted, changes });
  return { endpoint: result.endpoint, secret: result.has_new_secret ? secret : undefined };
}

function checkUrl({ allowLocalRunners, publicUrl }: Config, url: string): void {
  const msg = checkRunnerUrl(url, { allowLocal: allowLocalRunners, publicUrl });
  if (msg !== null) throw new ValidationFailed([{ loc: ["body", "url"], type: "value_error", msg, input: url }]);
}

/**
 * Gives an endpoint a new secret, and returns it. For 24 hours, messages are also signed with the old one. With `seenAt`, the
 * `updated_at` that somebody has seen, a request that is sent again changes nothing.
 * @throws Unauthenticated
 * @throws Problem `forbidden`, `not_found`, or `conflict` when it was changed since `seenAt`
 */
export async function rotateSecret(
  services: VerbServices,
  id: string,
  seenAt: string | null = null,
): Promise<{ endpoint: EndpointRow; secret: string }> {
  const { secret, secretEncrypted } = await newSecret(services, id);
  const { result } = await perform(services, rotateNotificationSecret, { id, secretEncrypted, seenAt });
  return { endpoint: result.endpoint, secret };
}

const foundSchema = z.union([z.object({ endpoint: endpointSchema }), endpointRefusalSchema]);

/**
 * @throws Unauthenticated
 * @throws Problem `forbidden` or `not_found`
 */
export async function findEndpoint(db: Database, credential: Credential, id: string): Promise<EndpointRow> {
  const args = { credential: credentialArgument(credential), endpoint_id: id };
  const answer = await callFunction(db, "find_notification_endpoint", args, foundSchema, { isRepeatable: true });
  if ("refused" in answer) throw endpointProblem(answer);
  return answer.endpoint;
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
