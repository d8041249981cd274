/**
 * The verbs on endpoints, and reads of them, for an OWNER or ADMIN. A verb that gives an endpoint a secret makes it here. The secret of a
 * chat is its address: see `sealAddress`.
 */
import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { openSet, readFor } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import {
  ENDPOINT_FORMATS,
  type EndpointFormat,
  NOTIFICATION_TURNS,
  NOTIFIED_EVENTS,
  type NotificationTurn,
  type NotifiedEvent,
} from "../../db/enums.ts";
import { ValidationFailed } from "../../http/problems.ts";
import { perform } from "../../verbs/perform.ts";
import type { VerbServices } from "../../verbs/services.ts";
import { defineVerb } from "../../verbs/verb.ts";
import { encryptWebhookSecret } from "../../webhooks/secret-box.ts";
import { urlOptions } from "../../webhooks/url-guard.ts";
import { generateWebhookSecret } from "../../webhooks/webhook-secret.ts";
import { checkAddress, mayBeTeams, sealAddress } from "../chat/address.ts";
import type { ChangeEndpointRequestSchema, CreateEndpointRequestSchema } from "./endpoint-schema.ts";
import { OF_ENDPOINT } from "./refusals.ts";

/** An endpoint as the API shows it, without its secret. Instants are RFC 3339. */
const endpointSchema = z.object({
  id: z.string(),
  // The functions of an older release do not know the fields of chats and filters.
  format: openSet(ENDPOINT_FORMATS).default("standard"),
  url: z.string(),
  description: z.string().nullable(),
  event_types: z.array(openSet(NOTIFIED_EVENTS)),
  workflow_definition_ids: z.array(z.string()).nullable(),
  labels: z.array(z.string()).nullable().default(null),
  on: z.array(openSet(NOTIFICATION_TURNS)).nullable().default(null),
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
  ...OF_ENDPOINT,
};

export type EndpointContent = {
  format: EndpointFormat;
  url: string;
  description: string | null;
  eventTypes: readonly NotifiedEvent[];
  /** Only events of these definitions are sent. Null: events of all definitions. */
  definitionIds: readonly string[] | null;
  /** Only events of runs with all of these labels (`key:value`) are sent. Null: all events. */
  labels: readonly string[] | null;
  /** Ends of runs are only sent if they are one of these turns. Null: all ends are sent. */
  turns: readonly NotificationTurn[] | null;
};

/** The content of a new endpoint, as a request gives it. */
export const contentOf = (given: z.output<typeof CreateEndpointRequestSchema>): EndpointContent => ({
  format: given.format,
  url: given.url,
  description: given.description ?? null,
  eventTypes: given.event_types,
  definitionIds: given.workflow_definition_ids ?? null,
  labels: given.labels ?? null,
  turns: given.on ?? null,
});

/** The changes of an endpoint, as a request gives them. */
export const changesOf = (given: z.output<typeof ChangeEndpointRequestSchema>): EndpointChanges => ({
  ...(given.format !== undefined && { format: given.format }),
  ...(given.url !== undefined && { url: given.url }),
  ...(given.event_types !== undefined && { eventTypes: given.event_types }),
  ...(given.description !== undefined && { description: given.description }),
  ...(given.workflow_definition_ids !== undefined && { definitionIds: given.workflow_definition_ids }),
  ...(given.labels !== undefined && { labels: given.labels }),
  ...(given.on !== undefined && { turns: given.on }),
  ...(given.is_active !== undefined && { isActive: given.is_active }),
});

/** An endpoint, and its secret in the form in which it is stored. */
type WithSecret = { id: string; secretEncrypted: string };

/** Where an endpoint is, in the form in which it is stored. Only a chat has `addressHash`. */
type Place = { url: string; addressHash?: string };

const createNotificationEndpoint = defineVerb({
  ...VERB,
  name: "create_notification_endpoint",
  args: ({ id, secretEncrypted, content, place }: WithSecret & { content: EndpointContent; place: Place }) => ({
    endpoint_id: id,
    content: { json: { ...storedFields(content), ...placeFields(place), secret_encrypted: secretEncrypted } },
  }),
  result: z.object({ endpoint: endpointSchema, is_new: z.boolean() }),
});

const changeNotificationEndpoint = defineVerb({
  ...VERB,
  name: "change_notification_endpoint",
  args: ({ id, changes, moved }: { id: string; changes: EndpointChanges; moved: (WithSecret & Place) | null }) => ({
    endpoint_id: id,
    changes: { json: { ...storedFields(changes), ...(moved !== null && placeFields(moved)) } },
    secret_encrypted: moved?.secretEncrypted ?? null,
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

/** Deletes an endpoint. Its deliveries are gone at once, and the sweep deletes their rows. Refused with Problem `forbidden` or `not_found`. */
export const deleteEndpoint = defineVerb({
  ...VERB,
  name: "delete_notification_endpoint",
  args: (id: string) => ({ endpoint_id: id }),
  result: z.unknown(),
});

const placeFields = ({ url, addressHash }: Place) => ({
  url,
  ...(addressHash !== undefined && { address_hash: addressHash }),
});

/** Those fields of an endpoint that are given, by their names in the database, without its place. */
const storedFields = ({
  format,
  description,
  eventTypes,
  definitionIds,
  labels,
  turns,
  isActive,
}: EndpointChanges) => ({
  ...(format !== undefined && { format }),
  ...(description !== undefined && { description }),
  ...(eventTypes !== undefined && { event_types: [...new Set(eventTypes)] }),
  ...(definitionIds !== undefined && { workflow_definition_ids: definitionIds }),
  ...(labels !== undefined && { labels: labels && [...new Set(labels)] }),
  ...(turns !== undefined && { turns: turns && [...new Set(turns)] }),
  ...(isActive !== undefined && { is_active: isActive }),
});

type EndpointChanges = Partial<EndpointContent> & { isActive?: boolean };

/** A new secret for an endpoint. It cannot be read again later. */
async function newSecret({ config }: VerbServices, id: string) {
  const secret = generateWebhookSecret();
  return { secret, secretEncrypted: await encryptWebhookSecret(config.encryptionKeys, id, secret) };
}

/** The place and the secret of an endpoint of this format that gets this URL. For a chat `secret` is undefined: its owner needs none. */
async function newPlace(services: VerbServices, id: string, format: EndpointFormat, url: string) {
  const { config } = services;
  const msg = checkAddress(format, url, urlOptions(config));
  if (msg !== null) {
    // The fault does not quote the URL, since it may be the address of a chat.
    throw new ValidationFailed([{ loc: ["body", "url"], type: "value_error", msg }]);
  }
  if (format !== "standard") return { id, secret: undefined, ...(await sealAddress(config.encryptionKeys, id, url)) };
  return { id, url, ...(await newSecret(services, id)) };
}

/**
 * Creates an endpoint, and returns it with its secret, which cannot be read again later; undefined for a chat. When an earlier call with
 * this id has created the endpoint, `isNew` is false, and the endpoint has another secret.
 * @throws Unauthenticated
 * @throws Problem `forbidden`, or `conflict` when the tenant has 50 endpoints
 * @throws ValidationFailed for a URL that is refused, or definitions that do not exist
 */
export async function createEndpoint(
  services: VerbServices,
  id: string,
  content: EndpointContent,
): Promise<{ endpoint: EndpointRow; secret: string | undefined; isNew: boolean }> {
  const { secret, secretEncrypted, ...place } = await newPlace(services, id, content.format, content.url);
  const { result } = await perform(services, createNotificationEndpoint, { id, secretEncrypted, content, place });
  return { endpoint: result.endpoint, secret, isNew: result.is_new };
}

/**
 * Changes those fields of an endpoint that are given. With another URL the endpoint also gets another secret, which is returned
 * and cannot be read again later. Otherwise, and for a chat, `secret` is undefined. The URL of a chat comes with its format.
 * @throws as {@link createEndpoint}, and Problem `not_found`
 */
export async function changeEndpoint(
  services: VerbServices,
  id: string,
  changes: EndpointChanges,
): Promise<{ endpoint: EndpointRow; secret: string | undefined }> {
  const { format = "standard", url } = changes;
  // A statement must not have the address of a chat. Only the database knows the format of the endpoint.
  if (changes.format === undefined && url !== undefined && URL.canParse(url) && mayBeTeams(url)) {
    const msg = "Send `format`, too: `teams`, or `standard` if no chat is at this address.";
    throw new ValidationFailed([{ loc: ["body", "url"], type: "value_error", msg }]);
  }
  const moved = url === undefined ? null : await newPlace(services, id, format, url);
  const { result } = await perform(services, changeNotificationEndpoint, { id, changes, moved });
  return { endpoint: result.endpoint, secret: result.has_new_secret ? moved?.secret : undefined };
}

/**
 * Gives an endpoint a new secret, and returns it. For 24 hours, messages are also signed with the old one. With `seenAt`, the
 * `updated_at` that somebody has seen, a request that is sent again changes nothing.
 * @throws Unauthenticated
 * @throws Problem `forbidden`, `not_found`, or `conflict` for a chat, and when it was changed since `seenAt`
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

const foundSchema = z.object({ endpoint: endpointSchema });

/**
 * @throws Unauthenticated
 * @throws Problem `forbidden` or `not_found`
 */
export async function findEndpoint(db: Database, credential: Credential, id: string): Promise<EndpointRow> {
  const args = { endpoint_id: id };
  return (await readFor(db, credential, "find_notification_endpoint", args, foundSchema, OF_ENDPOINT)).endpoint;
}

const listSchema = z.object({ items: z.array(endpointSchema), total: z.int() });

/**
 * One page of the tenant's endpoints, newest first.
 * @throws Unauthenticated
 * @throws Problem `forbidden`
 */
export const listEndpoints = (db: Database, credential: Credential, page: { limit: number; offset: number }) =>
  readFor(db, credential, "list_notification_endpoints", page, listSchema, OF_ENDPOINT);
