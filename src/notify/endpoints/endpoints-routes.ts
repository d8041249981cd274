/** The routes of notification endpoints: create, read, change and delete. For an OWNER or ADMIN. */
import { z } from "@hono/zod-openapi";
import { v7 as newId } from "uuid";
import { createRouter } from "../../http/router.ts";
import { callerRead, callerWrite } from "../../http/routes.ts";
import { json, jsonBody, pageQuery, paginated } from "../../http/schemas.ts";
import { perform } from "../../verbs/perform.ts";
import {
  ChangedEndpointSchema,
  ChangeEndpointRequestSchema,
  CreateEndpointRequestSchema,
  EndpointSchema,
  EndpointWithSecretSchema,
  endpointParams,
  exampleEndpoint,
} from "./endpoint-schema.ts";
import {
  changeEndpoint,
  changesOf,
  contentOf,
  createEndpoint,
  deleteEndpoint,
  findEndpoint,
  listEndpoints,
  rotateSecret,
} from "./endpoints.ts";

export const notificationEndpoints = createRouter();

const PATH = "/v1/notification-endpoints";
const ONE = "/v1/notification-endpoints/{endpoint_id}";
const tags = ["Notifications"];

const list = callerRead({
  path: PATH,
  operationId: "list_notification_endpoints",
  tags,
  summary: "List notification endpoints",
  description: "Newest first. For an OWNER or ADMIN. Without their secrets.",
  request: { query: pageQuery },
  problems: ["forbidden"],
  responses: { 200: json("One page of them", paginated("NotificationEndpointPage", EndpointSchema, exampleEndpoint)) },
});

notificationEndpoints.openapi(list, async (c) => {
  const page = c.req.valid("query");
  return c.json({ ...(await listEndpoints(c.env.db, c.var.credential, page)), ...page }, 200);
});

const create = callerWrite({
  method: "post",
  path: PATH,
  operationId: "create_notification_endpoint",
  scope: "manage",
  tags,
  summary: "Create a notification endpoint",
  description:
    "Events are then sent to its URL. A tenant may have 50 endpoints. Only this answer has the secret. A chat (`format`) has none: there, " +
    "the URL is the secret, and no answer has it. With `labels` and `on`, a failure is not sent when another run of the " +
    "workflow, with whatever labels, has failed before it.",
  request: { body: jsonBody(CreateEndpointRequestSchema) },
  problems: ["conflict"],
  responses: {
    201: {
      ...json("The new endpoint, with its secret if it is no chat", ChangedEndpointSchema),
      headers: z.object({ Location: z.string().openapi({ description: "The URL of the endpoint." }) }),
    },
  },
});

notificationEndpoints.openapi(create, async (c) => {
  const { endpoint, secret } = await createEndpoint(c.var.services, newId(), contentOf(c.req.valid("json")));
  const answer = { ...endpoint, ...(secret !== undefined && { secret }) };
  return c.json(answer, 201, { Location: `${PATH}/${endpoint.id}`, "Cache-Control": "no-store" });
});

const read = callerRead({
  path: ONE,
  operationId: "get_notification_endpoint",
  tags,
  summary: "Get a notification endpoint",
  description: "For an OWNER or ADMIN. Its state says whether notifications arrive, and when the next one is tried.",
  request: { params: endpointParams },
  problems: ["forbidden", "not_found"],
  responses: { 200: json("The endpoint, without its secret", EndpointSchema) },
});

notificationEndpoints.openapi(read, async (c) =>
  c.json(await findEndpoint(c.env.db, c.var.credential, c.req.valid("param").endpoint_id), 200),
);

const change = callerWrite({
  method: "patch",
  path: ONE,
  operationId: "update_notification_endpoint",
  scope: "manage",
  tags,
  summary: "Change a notification endpoint",
  description:
    "Also to enable it again: conflict while sweeps still give up thousands of notifications that waited when it was disabled. " +
    "Fields that are not sent stay as they are. With another `url` the endpoint gets a new secret, which only this answer has: " +
    "the old one signs nothing that is sent to the new URL. For a new `url` of a chat, `format` must be sent, too. With `labels` " +
    "and `on`, a failure is not sent when another run of the workflow, with whatever labels, has failed before it.",
  request: { params: endpointParams, body: jsonBody(ChangeEndpointRequestSchema) },
  problems: ["not_found", "conflict"],
  responses: { 200: json("The endpoint as it is now, with its secret if that is new", ChangedEndpointSchema) },
});

notificationEndpoints.openapi(change, async (c) => {
  const changes = changesOf(c.req.valid("json"));
  const { endpoint, secret } = await changeEndpoint(c.var.services, c.req.valid("param").endpoint_id, changes);
  if (secret === undefined) return c.json(endpoint, 200);
  return c.json({ ...endpoint, secret }, 200, { "Cache-Control": "no-store" });
});

const remove = callerWrite({
  method: "delete",
  path: ONE,
  operationId: "delete_notification_endpoint",
  scope: "manage",
  tags,
  summary: "Delete a notification endpoint",
  description: "With its deliveries. For an OWNER or ADMIN. What was not sent yet is not sent any more.",
  request: { params: endpointParams },
  problems: ["not_found"],
  responses: { 204: { description: "Deleted: nothing more is sent to it" } },
});

notificationEndpoints.openapi(remove, async (c) => {
  await perform(c.var.services, deleteEndpoint, c.req.valid("param").endpoint_id);
  return c.body(null, 204);
});

const rotate = callerWrite({
  method: "post",
  path: `${ONE}/rotate-secret`,
  operationId: "rotate_notification_secret",
  scope: "manage",
  tags,
  summary: "Rotate the secret of an endpoint",
  description:
    "For 24 hours, or until it is rotated again, notifications are signed with both secrets, so that none is lost while you replace it on " +
    "your side. When this request is repeated, also after an answer that was lost, the secret of before the first one signs nothing more. A " +
    "chat has no secret to rotate: change its `url`.",
  request: { params: endpointParams },
  problems: ["not_found", "conflict"],
  responses: { 200: json("The endpoint with its new secret, which only this answer has", EndpointWithSecretSchema) },
});

notificationEndpoints.openapi(rotate, async (c) => {
  const { endpoint, secret } = await rotateSecret(c.var.services, c.req.valid("param").endpoint_id);
  return c.json({ ...endpoint, secret }, 200, { "Cache-Control": "no-store" });
});
