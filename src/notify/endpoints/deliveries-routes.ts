/** The routes of an endpoint's deliveries: list them, send a test, and send one again. For an OWNER or ADMIN. */
import { v4 as newId } from "uuid";
import { createRouter } from "../../http/router.ts";
import { callerRead, callerWrite } from "../../http/routes.ts";
import { json, positionQuery } from "../../http/schemas.ts";
import { perform } from "../../verbs/perform.ts";
import { listDeliveries, resendDelivery, sendTestNotification } from "./deliveries.ts";
import { DeliveryPageSchema, DeliverySchema, deliveryParams, endpointParams } from "./endpoint-schema.ts";

export const notificationDeliveries = createRouter();

const ONE = "/v1/notification-endpoints/{endpoint_id}";
const tags = ["Notifications"];

const list = callerRead({
  path: `${ONE}/deliveries`,
  operationId: "list_notification_deliveries",
  tags,
  summary: "List deliveries of an endpoint",
  description: "Newest first. Includes those that are waiting to be sent. Deliveries are kept for 30 days.",
  request: { params: endpointParams, query: positionQuery() },
  problems: ["forbidden", "not_found"],
  responses: { 200: json("One page of them", DeliveryPageSchema) },
});

notificationDeliveries.openapi(list, async (c) => {
  const { cursor: before = null, limit } = c.req.valid("query");
  const request = { endpointId: c.req.valid("param").endpoint_id, before, limit };
  const { items, next } = await listDeliveries(c.env.db, c.var.credential, request);
  return c.json({ items, next_cursor: next }, 200);
});

const accepted = {
  202: json("It is being sent; its delivery will show the outcome", DeliverySchema),
};

const test = callerWrite({
  method: "post",
  path: `${ONE}/test`,
  operationId: "test_notification_endpoint",
  scope: "manage",
  tags,
  summary: "Send a test to an endpoint",
  description:
    "Its type is `notification_endpoint.test`. It is sent at once, even when the endpoint is failing, or after the pause that a chat has asked for.",
  request: { params: endpointParams },
  problems: ["not_found", "conflict"],
  responses: accepted,
});

notificationDeliveries.openapi(test, async (c) => {
  const sending = { endpointId: c.req.valid("param").endpoint_id, deliveryId: newId() };
  const { result } = await perform(c.var.services, sendTestNotification, sending);
  return c.json(result.delivery, 202);
});

const resend = callerWrite({
  method: "post",
  path: `${ONE}/deliveries/{delivery_id}/resend`,
  operationId: "resend_notification_delivery",
  scope: "manage",
  tags,
  summary: "Send a delivery again",
  description:
    "It is sent at once, or after the pause that a chat has asked for, with the same `webhook-id`, whatever its state.",
  request: { params: deliveryParams },
  problems: ["not_found", "conflict"],
  responses: accepted,
});

notificationDeliveries.openapi(resend, async (c) => {
  const { endpoint_id: endpointId, delivery_id: deliveryId } = c.req.valid("param");
  const { result } = await perform(c.var.services, resendDelivery, { endpointId, deliveryId });
  return c.json(result.delivery, 202);
});
