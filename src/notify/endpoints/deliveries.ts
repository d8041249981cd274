/** The verbs on an endpoint's deliveries, and the list of them. */
import { z } from "zod";
import type { Credential } from "../../db/access.ts";
import { readFor } from "../../db/call.ts";
import type { Database } from "../../db/client.ts";
import { defineVerb } from "../../verbs/verb.ts";
import { OF_ENDPOINT } from "./refusals.ts";

/** Instants are RFC 3339. */
const deliverySchema = z.object({
  id: z.string(),
  event_id: z.string(),
  type: z.string(),
  run_id: z.string().nullable(),
  state: z.enum(["WAITING", "DELIVERED", "FAILED"]),
  created_at: z.string(),
  delivered_at: z.string().nullable(),
  next_try_at: z.string().nullable(),
  tries: z.array(
    z.object({
      at: z.string(),
      status: z.int().nullable(),
      duration_ms: z.int(),
      reason: z.string().nullable(),
      answer: z.string().nullable(),
    }),
  ),
});

const pageSchema = z.object({ items: z.array(deliverySchema), next: z.string().nullable() });

/**
 * One page of an endpoint's deliveries, newest first, after the position `before`.
 * @throws Unauthenticated
 * @throws Problem `forbidden` or `not_found`
 */
export const listDeliveries = (
  db: Database,
  credential: Credential,
  { endpointId, ...page }: { endpointId: string; before: string | null; limit: number },
) => readFor(db, credential, "list_deliveries", { endpoint_id: endpointId, ...page }, pageSchema, OF_ENDPOINT);

/** What to send, and to which endpoint. `deliveryId` is the id of the delivery, or the id of a new test. */
type Sending = { endpointId: string; deliveryId: string };

/** What the verbs have in common. Refused with Problem `forbidden`, `not_found`, or `conflict` for a disabled endpoint. */
const VERB = {
  args: ({ endpointId, deliveryId }: Sending) => ({ endpoint_id: endpointId, delivery_id: deliveryId }),
  result: z.object({ delivery: deliverySchema }),
  ...OF_ENDPOINT,
};

/** Sends a test notification, of the type `notification_endpoint.test`. */
export const sendTestNotification = defineVerb({ ...VERB, name: "send_test_notification" });

/** Sends a notification again, whatever its state. */
export const resendDelivery = defineVerb({ ...VERB, name: "resend_delivery" });
